import type { SourceBuilder } from '../core/ports.ts';
import type { BuilderOptions } from '../host/build-source.ts';

/** Builds plugins from source. What it takes is loaded when there is something to build, which is seldom. */
export function sourceBuilder(options: BuilderOptions): SourceBuilder {
  let loaded: Promise<SourceBuilder> | undefined;
  const load = (): Promise<SourceBuilder> => {
    loaded ??= import('../host/build-source.ts').then(({ createSourceBuilder }) =>
      createSourceBuilder(options),
    );
    return loaded;
  };
  return {
    isolation: async () => (await load()).isolation(),
    versionOf: async (program) => (await load()).versionOf(program),
    build: async (order) => (await load()).build(order),
  };
}
