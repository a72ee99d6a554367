export { alloc } from '../sdk/assemblyscript';

import { command, fail, ok, Value } from '../sdk/assemblyscript';

/**
 * `{format: "slack" | "discord" | "generic", event: {title, text?, url?, severity?}}` → `{contentType, body}`:
 * what to POST. The plugin sends nothing; the host does, to a URL the plugin never sees.
 */
export function payload(at: i32, length: i32): i64 {
  return command(at, length, (input) => {
    const event = input.get('event');
    if (event.get('title').textOr('') == '') return fail('INVALID_INPUT', 'The event needs a title.');
    const format = input.get('format').textOr('generic');
    let body = event;
    if (format == 'slack') body = slack(event);
    else if (format == 'discord') body = discord(event);
    else if (format != 'generic') return fail('INVALID_INPUT', 'The format is slack, discord or generic.');
    const answer = Value.object().set('contentType', Value.text('application/json'));
    return ok(answer.set('body', Value.text(body.toString())));
  });
}

/** Slack's mrkdwn: three characters are control sequences (`<!channel>` would wake everybody). */
function slack(event: Value): Value {
  const title = mrkdwn(event.get('title').textOr(''));
  const url = event.get('url').textOr('').replaceAll('>', '%3E').replaceAll('|', '%7C');
  const head = url == '' ? '*' + title + '*' : '*<' + url + '|' + title + '>*';
  const section = Value.object().set('type', Value.text('mrkdwn'));
  section.set('text', Value.text(head + '\n' + mrkdwn(event.get('text').textOr(''))));
  const block = Value.object().set('type', Value.text('section')).set('text', section);
  return Value.object().set('text', Value.text(title)).set('blocks', Value.list().add(block));
}

function mrkdwn(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** A Discord embed; `allowed_mentions` keeps `@everyone` in a title from mentioning anybody. */
function discord(event: Value): Value {
  const severity = event.get('severity').textOr('info');
  const color = severity == 'error' ? 0xcc3333 : severity == 'warning' ? 0xddaa22 : 0x3377cc;
  const embed = Value.object().set('title', Value.text(event.get('title').textOr('').slice(0, 256)));
  embed.set('description', Value.text(event.get('text').textOr('').slice(0, 4096)));
  embed.set('color', Value.number(color));
  if (!event.get('url').isNothing) embed.set('url', event.get('url'));
  const mentions = Value.object().set('parse', Value.list());
  return Value.object().set('embeds', Value.list().add(embed)).set('allowed_mentions', mentions);
}
