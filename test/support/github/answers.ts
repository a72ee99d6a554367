/** What a route answers. A `Buffer` goes out as it is, everything else as JSON. */
export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

const DOCUMENTATION = 'https://docs.github.com/rest';

export function ok(body: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status: 200, body, headers };
}

export function created(body: unknown): Answer {
  return { status: 201, body };
}

export function refusal(
  status: number,
  message: string,
  more: Readonly<Record<string, unknown>> = {},
): Answer {
  return {
    status,
    body: { message, ...more, documentation_url: DOCUMENTATION, status: String(status) },
  };
}

/** GitHub's answer for what is not there, and for what the caller may not know of. */
export const NOT_FOUND: Answer = refusal(404, 'Not Found');

/** 422 with the list of what is wrong. */
export function invalid(...errors: readonly Readonly<Record<string, unknown>>[]): Answer {
  return refusal(422, 'Validation Failed', { errors });
}

/** Thrown by a route to answer at once. */
export class Refused extends Error {
  readonly answer: Answer;

  constructor(answer: Answer) {
    super(JSON.stringify(answer.body));
    this.answer = answer;
  }
}
