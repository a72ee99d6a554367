/** One of the two output streams. */
export interface OutputStream {
  readonly terminal: boolean;
  /** Columns of the terminal; undefined into a file or pipe. */
  readonly columns: number | undefined;
  write(text: string): void;
}

/** What surrounds the command line: streams and environment. Tests pass their own. */
export interface Stdio {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** The bytes of standard input. */
  readonly stdin: AsyncIterable<Uint8Array>;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** The streams of this process. */
export function processStdio(): Stdio {
  return {
    stdout: outputStream(process.stdout),
    stderr: outputStream(process.stderr),
    // A getter, because opening standard input keeps a process alive that does not read it.
    get stdin() {
      return process.stdin;
    },
    environment: process.env,
  };
}

function outputStream(stream: NodeJS.WriteStream): OutputStream {
  // `sheaf list | head -1`: the reader has enough, which is no failure.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  return {
    // Undefined, not false, where there is none.
    terminal: stream.isTTY ?? false,
    get columns() {
      return stream.isTTY ? stream.columns : undefined;
    },
    write: (text) => void stream.write(text),
  };
}
