import { TEMPLATE_NAMES, type TemplateName } from '../../core/authoring/template-names.ts';
import { pluginName } from '../../core/plugin-name.ts';
import { createPlugin } from '../../ops/authors/create-plugin.ts';
import { connectAuthor } from '../../wiring/author.ts';
import { type Call, type Outcome, requiredArgument } from '../call.ts';
import { bold, cyan, green, type Line } from '../render/line.ts';
import { count } from '../render/size.ts';

export async function run(call: Call): Promise<Outcome> {
  const name = pluginName(requiredArgument(call, 0));
  const { environment } = call;
  const repository = call.value('repository');
  const dryRun = call.flag('dry-run');
  const created = await createPlugin(connectAuthor(call), {
    name,
    template: templateNamed(call.value('template')),
    category: call.value('category') ?? 'query-extensions',
    directory: call.value('dir') ?? name,
    author: call.value('author') ?? environment['USER'] ?? environment['USERNAME'] ?? name,
    ...(repository === undefined ? {} : { repository }),
    dryRun,
  });
  return {
    data: { ...created, dryRun },
    lines: () => [
      ...created.created.map((path): Line => `  ${created.directory}/${path}`),
      [
        dryRun ? 'Would make' : green('Made'),
        ' the plugin ',
        bold(created.name),
        ` (${created.template}): ${count(created.created.length, 'file')}.`,
      ],
      ...(created.needs === undefined ? [] : [`Building it needs ${created.needs}.`]),
      '',
      'Next:',
      ['  ', cyan(`cd ${created.directory} && sheaf build && sheaf test`)],
    ],
  };
}

/** The command line has been compared with the choices of the table. */
function templateNamed(text: string | undefined): TemplateName {
  return TEMPLATE_NAMES.find((name) => name === text) ?? 'assemblyscript';
}
