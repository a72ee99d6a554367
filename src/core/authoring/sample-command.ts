/** The command that a new plugin begins with: it joins two texts of its input in the way of its category. */
export interface SampleCommand {
  readonly command: string;
  /** What it is for, as the end of "A plugin that …". */
  readonly does: string;
  /** Keys of its input; the answer is `{text}`. */
  readonly first: string;
  readonly second: string;
  /** What stands before, between and behind the two. */
  readonly before: string;
  readonly between: string;
  readonly after: string;
  /** Values for its test. */
  readonly example: readonly [string, string];
  /** Whether it executes a language, which then has the name of the plugin. */
  readonly executes?: boolean;
}

const MESSAGE: SampleCommand = {
  command: 'message',
  does: 'writes a message with a link',
  first: 'title',
  second: 'url',
  before: '[',
  between: '](',
  after: ')',
  example: ['Build 7', 'https://ci.example.org/7'],
};

const BY_CATEGORY: ReadonlyMap<string, SampleCommand> = new Map([
  [
    'query-extensions',
    {
      command: 'paths',
      does: 'writes the query for the paths between two nodes',
      first: 'from',
      second: 'to',
      before: 'paths from "',
      between: '" to "',
      after: '"',
      example: ['api', 'database'],
    },
  ],
  [
    'context-generators',
    {
      command: 'section',
      does: 'writes a section of context for a language model',
      first: 'title',
      second: 'body',
      before: '## ',
      between: '\n\n',
      after: '\n',
      example: ['Storage', 'Everything lies in files.'],
    },
  ],
  [
    'visualizers',
    {
      command: 'edge',
      does: 'draws an edge as a Mermaid flow chart',
      first: 'from',
      second: 'to',
      before: 'flowchart LR\n  ',
      between: ' --> ',
      after: '\n',
      example: ['api', 'database'],
    },
  ],
  [
    'executors',
    {
      command: 'execute',
      does: 'executes a language whose programs are function names',
      first: 'code',
      second: 'input',
      before: '',
      between: '(',
      after: ')',
      example: ['f', 'x'],
      executes: true,
    },
  ],
]);

/** The sample of a category; of one that sheaf does not know, that of an integration. */
export function sampleOf(category: string): SampleCommand {
  return BY_CATEGORY.get(category) ?? MESSAGE;
}

/** What a sample answers to two texts. */
export function sampleAnswer(sample: SampleCommand, first: string, second: string): string {
  return `${sample.before}${first}${sample.between}${second}${sample.after}`;
}
