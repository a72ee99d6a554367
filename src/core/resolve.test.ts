import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha256 } from './digest.ts';
import { SheafError } from './errors.ts';
import type { PluginDependency } from './manifest.ts';
import { type PluginName, pluginName } from './plugin-name.ts';
import type { ReleasesRecord, VersionRecord } from './records.ts';
import { type Offer, type Requirement, type Resolution, type ResolutionProblem, resolve } from './resolve.ts';
import { compareVersions, satisfies, type Version, type VersionRange } from './version.ts';

/** Without a registry, or with an empty one, it is the parent's. */
type Dependency = string | { range: string; registry?: string; optional?: boolean };
type Release = Partial<Omit<VersionRecord, 'dependencies' | 'version'>> & {
  needs?: Record<string, Dependency>;
};
/** Registry id → plugin name → version → what is special about it. */
type World = Record<string, Record<string, Record<string, Release>>>;

function record(name: string, releases: Record<string, Release>): ReleasesRecord {
  const versions: VersionRecord[] = [];
  for (const [version, { needs = {}, ...special }] of Object.entries(releases)) {
    const dependencies: Record<string, PluginDependency> = {};
    for (const [dependency, wanted] of Object.entries(needs)) {
      const wish = typeof wanted === 'string' ? { range: wanted } : wanted;
      dependencies[dependency] = {
        range: wish.range as VersionRange,
        optional: wish.optional ?? false,
        ...(wish.registry ? { registry: wish.registry } : {}),
      };
    }
    versions.push({
      version: version as Version,
      manifest: sha256(Buffer.from(`${name} ${version}`)),
      bundle: 0,
      tier: 'wasm',
      capabilities: [],
      platforms: ['any'],
      engines: {},
      ...special,
      dependencies,
    });
  }
  versions.sort((a, b) => compareVersions(b.version, a.version));
  return { name: pluginName(name), owner: 'someone', bundles: [], versions };
}

function problem(
  world: World,
  wanted: Record<string, string | Omit<Requirement, 'name'>>,
  more: Partial<ResolutionProblem> & { lock?: Record<string, string> } = {},
): ResolutionProblem {
  const offer = (name: PluginName, registry: string | undefined): Promise<Offer | undefined> => {
    const ids = registry === undefined ? Object.keys(world) : [registry];
    const id = ids.find((id) => world[id]?.[name] !== undefined);
    const releases = id === undefined ? undefined : world[id]?.[name];
    return Promise.resolve(
      id === undefined || releases === undefined
        ? undefined
        : { registry: id, record: record(name, releases) },
    );
  };
  return {
    wanted: Object.entries(wanted).map(([name, want]) =>
      Object.assign(
        { name: pluginName(name) },
        typeof want === 'string' ? { range: want as VersionRange } : want,
      ),
    ),
    locked: new Map(
      Object.entries(more.lock ?? {}).map(([name, version]) => [pluginName(name), version as Version]),
    ),
    update: new Set(),
    engines: {},
    platform: 'linux-x64',
    prereleases: false,
    offer,
    ...more,
  };
}

async function versions(...input: Parameters<typeof problem>): Promise<Record<string, string>> {
  const { choices } = await resolve(problem(...input));
  return Object.fromEntries(choices.map((choice) => [choice.name, choice.version.version]));
}

async function refusal(...input: Parameters<typeof problem>): Promise<SheafError> {
  return (await resolve(problem(...input)).then(
    () => expect.unreachable('it resolved'),
    (error: unknown) => error,
  )) as SheafError;
}

describe('resolve', () => {
  it('takes the newest version in the range, and the newest of what it needs', async () => {
    const world = {
      main: {
        lens: { '1.0.0': {}, '1.2.0': { needs: { users: '^1' } }, '2.0.0': {} },
        users: { '1.0.0': {}, '1.9.0': {}, '2.0.0': {} },
      },
    };
    expect(await versions(world, { lens: '^1' })).toEqual({ lens: '1.2.0', users: '1.9.0' });
  });

  it('goes back to an older version when the newest leads nowhere', async () => {
    const world = {
      main: {
        lens: { '2.0.0': { needs: { users: '^2' } }, '1.0.0': { needs: { users: '^1' } } },
        map: { '1.0.0': { needs: { users: '^1' } } },
        users: { '1.0.0': {}, '2.0.0': {} },
      },
    };
    expect(await versions(world, { lens: '*', map: '*' })).toEqual({
      lens: '1.0.0',
      map: '1.0.0',
      users: '1.0.0',
    });
  });

  it('resolves plugins that need each other', async () => {
    const world = {
      main: { one: { '1.0.0': { needs: { two: '*' } } }, two: { '1.0.0': { needs: { one: '^1' } } } },
    };
    expect(await versions(world, { one: '*' })).toEqual({ one: '1.0.0', two: '1.0.0' });
  });

  it('says who asked for what', async () => {
    const world = {
      main: {
        lens: { '1.0.0': { needs: { users: '*' } } },
        map: { '1.0.0': { needs: { users: '*' } } },
        users: { '1.0.0': {} },
      },
    };
    const { choices } = await resolve(problem(world, { map: '*', lens: '*', users: '^1' }));
    expect(choices.map(({ name, requiredBy }) => [name, requiredBy])).toEqual([
      ['lens', ['']],
      ['map', ['']],
      ['users', ['', 'lens', 'map']],
    ]);
  });

  describe('with a lock', () => {
    const world = { main: { lens: { '1.0.0': { yanked: 'slow' }, '1.1.0': {}, '1.2.0': {} } } };

    it('keeps the locked version while it satisfies, yanked or not', async () => {
      expect(await versions(world, { lens: '^1' }, { lock: { lens: '1.1.0' } })).toEqual({ lens: '1.1.0' });
      expect(await versions(world, { lens: '^1' }, { lock: { lens: '1.0.0' } })).toEqual({ lens: '1.0.0' });
    });

    it('moves on when the range no longer admits it, or when it should be updated', async () => {
      expect(await versions(world, { lens: '>1.1' }, { lock: { lens: '1.1.0' } })).toEqual({ lens: '1.2.0' });
      const lock = { lens: '1.1.0' };
      expect(await versions(world, { lens: '^1' }, { lock, update: 'all' })).toEqual({ lens: '1.2.0' });
      const update = new Set([pluginName('lens')]);
      expect(await versions(world, { lens: '^1' }, { lock, update })).toEqual({ lens: '1.2.0' });
    });

    it('leaves a yanked version on update, unless it is the only one', async () => {
      const lock = { lens: '1.0.0' };
      expect(await versions(world, { lens: '^1' }, { lock, update: 'all' })).toEqual({ lens: '1.2.0' });
      expect(await versions(world, { lens: '1.0.0' }, { lock, update: 'all' })).toEqual({ lens: '1.0.0' });
    });

    it('keeps a locked pre-release that the range alone would not admit', async () => {
      const beta = { main: { lens: { '1.0.0': {}, '1.1.0-beta.1': {} } } };
      expect(await versions(beta, { lens: '*' }, { lock: { lens: '1.1.0-beta.1' } })).toEqual({
        lens: '1.1.0-beta.1',
      });
    });
  });

  it('does not choose yanked versions anew', async () => {
    const world = { main: { lens: { '1.0.0': {}, '1.1.0': { yanked: 'corrupts graphs' } } } };
    expect(await versions(world, { lens: '*' })).toEqual({ lens: '1.0.0' });
    expect((await refusal(world, { lens: '1.1.0' })).message).toBe(
      'lens 1.1.0 is wanted, but lens 1.1.0 was yanked.',
    );
  });

  it('does not choose pre-releases, unless the range or the caller names them', async () => {
    const world = { main: { lens: { '1.0.0': {}, '2.0.0-beta.1': {} } } };
    expect(await versions(world, { lens: '*' })).toEqual({ lens: '1.0.0' });
    expect(await versions(world, { lens: '^2.0.0-beta' })).toEqual({ lens: '2.0.0-beta.1' });
    expect(await versions(world, { lens: '*' }, { prereleases: true })).toEqual({ lens: '2.0.0-beta.1' });
    const error = await refusal(world, { lens: '^2' });
    expect(error.message).toContain('only pre-releases such as 2.0.0-beta.1 would');
    expect(error.hint).toContain('lens@2.0.0-beta.1');
  });

  it('takes a deprecated version only when nothing else fits', async () => {
    const world = { main: { lens: { '1.0.0': {}, '1.1.0': { deprecated: 'superseded' } } } };
    expect(await versions(world, { lens: '*' })).toEqual({ lens: '1.0.0' });
    expect(await versions(world, { lens: '>1.0.0' })).toEqual({ lens: '1.1.0' });
  });

  it('enforces the engines that the host states and no others', async () => {
    const engines = { parseltongue: '>=0.5' as VersionRange, rust: '>=99' as VersionRange };
    const world = { main: { lens: { '1.0.0': {}, '2.0.0': { engines } } } };
    const host = { parseltongue: '0.4.2' as Version };
    expect(await versions(world, { lens: '*' })).toEqual({ lens: '2.0.0' });
    expect(await versions(world, { lens: '*' }, { engines: host })).toEqual({ lens: '1.0.0' });
    const error = await refusal(world, { lens: '^2' }, { engines: host });
    expect(error.code).toBe('SHEAF_RESOLUTION');
    expect(error.message).toBe(
      'lens ^2 is wanted, but lens 2.0.0 needs parseltongue >=0.5 where 0.4.2 is present.',
    );
  });

  it('counts a pre-release of the host as the version that it is', async () => {
    const world = { main: { lens: { '1.0.0': { engines: { host: '>=0.4' as VersionRange } } } } };
    expect(await versions(world, { lens: '*' }, { engines: { host: '0.5.0-dev' as Version } })).toEqual({
      lens: '1.0.0',
    });
  });

  it('takes only versions that run on the platform', async () => {
    const world = {
      main: { lens: { '1.0.0': { platforms: ['linux-x64'] }, '2.0.0': { platforms: ['win32-x64'] } } },
    };
    expect(await versions(world, { lens: '*' })).toEqual({ lens: '1.0.0' });
    expect((await refusal(world, { lens: '^2' })).message).toContain('has no artifact for linux-x64');
  });

  describe('with several registries', () => {
    const world = {
      main: { lens: { '1.0.0': { needs: { users: '*' } } }, shared: { '1.0.0': {} } },
      other: {
        users: { '1.0.0': {} },
        shared: { '9.0.0': {} },
        map: { '1.0.0': { needs: { shared: '*' } } },
      },
    };

    it('looks wanted plugins up in order, and dependencies in the registry of their parent only', async () => {
      expect(await versions(world, { shared: '*' })).toEqual({ shared: '1.0.0' });
      expect(await versions(world, { shared: { range: '*' as VersionRange, registry: 'other' } })).toEqual({
        shared: '9.0.0',
      });
      expect(await versions(world, { map: '*' })).toEqual({ map: '1.0.0', shared: '9.0.0' });
      const error = await refusal(world, { lens: '*' });
      expect(error.code).toBe('SHEAF_UNKNOWN_PLUGIN');
      expect(error.message).toBe(
        'lens 1.0.0 needs users *, but the registry main has no plugin of that name.',
      );
    });

    it('does not blame a version of one registry for what failed with that of another', async () => {
      const world = {
        main: {
          alpha: { '1.0.0': { needs: { users: '*' } }, '2.0.0': {} },
          beta: { '1.0.0': { needs: { gamma: '*' } } },
          gamma: { '1.0.0': { needs: { users: { range: '*', registry: 'other' } } } },
          users: { '1.0.0': {} },
        },
        other: { users: { '1.0.0': {} } },
      };
      // With the locked alpha, users 1.0.0 of main is in the way; users 1.0.0 of other is not.
      const found = await resolve(problem(world, { alpha: '*', beta: '*' }, { lock: { alpha: '1.0.0' } }));
      expect(found.choices.map(({ name, registry, version }) => [name, registry, version.version])).toEqual([
        ['alpha', 'main', '2.0.0'],
        ['beta', 'main', '1.0.0'],
        ['gamma', 'main', '1.0.0'],
        ['users', 'other', '1.0.0'],
      ]);
    });

    it('refuses the same name from two registries', async () => {
      const error = await refusal(world, { map: '*', shared: '*' });
      expect(error.message).toBe(
        'shared * is wanted from the registry main and map 1.0.0 needs shared * from the registry other, but only one plugin of a name can be installed.',
      );
    });
  });

  describe('with optional plugins', () => {
    it('takes them along where they fit, and does without where they do not', async () => {
      const world = {
        main: {
          lens: {
            '1.0.0': {
              needs: { extra: { range: '^1', optional: true }, gone: { range: '*', optional: true } },
            },
          },
          extra: { '1.0.0': { needs: { users: '^1' } } },
          users: { '1.0.0': {}, '2.0.0': {} },
        },
      };
      expect(await versions(world, { lens: '*' })).toEqual({ lens: '1.0.0', extra: '1.0.0', users: '1.0.0' });
      expect(await versions(world, { lens: '*', users: '^2' })).toEqual({ lens: '1.0.0', users: '2.0.0' });
      const optional = { range: '^7' as VersionRange, optional: true };
      expect(await versions(world, { users: '*', extra: optional, nowhere: optional })).toEqual({
        users: '2.0.0',
      });
    });

    it('leaves out with one of them those that need it', async () => {
      const world = {
        main: {
          alpha: { '1.0.0': { needs: { users: '^1' } } },
          beta: { '1.0.0': { needs: { alpha: '*' } } },
          users: { '1.0.0': {}, '2.0.0': {} },
        },
      };
      const optional = { range: '*' as VersionRange, optional: true };
      expect(await versions(world, { alpha: optional, beta: optional, users: '^2' })).toEqual({
        users: '2.0.0',
      });
      expect(await versions(world, { alpha: optional, beta: optional })).toMatchObject({ beta: '1.0.0' });
    });

    it('holds their range for everybody as soon as they are there', async () => {
      const world = {
        main: {
          lens: { '1.0.0': { needs: { users: { range: '^1', optional: true } } } },
          users: { '1.0.0': {}, '2.0.0': {} },
        },
      };
      expect(await versions(world, { lens: '*', users: '*' })).toEqual({ lens: '1.0.0', users: '1.0.0' });
    });
  });

  describe('refuses with a sentence', () => {
    it('an unknown plugin', async () => {
      const error = await refusal({ main: {} }, { lens: '*' });
      expect([error.code, error.message]).toEqual([
        'SHEAF_UNKNOWN_PLUGIN',
        'No configured registry has a plugin named lens.',
      ]);
      expect(error.hint).toContain('sheaf search');
    });

    it('a version that does not exist', async () => {
      const error = await refusal({ main: { lens: { '1.0.0': {} } } }, { lens: '^9' });
      expect([error.code, error.message]).toEqual([
        'SHEAF_UNKNOWN_VERSION',
        'lens ^9 is wanted, but no version fits.',
      ]);
      expect(error.hint).toBe('Ask for another range of lens. The newest version of lens is 1.0.0.');
    });

    it('two plugins that need different versions of a third, naming all three and their ranges', async () => {
      const world = {
        main: {
          lens: { '1.0.0': { needs: { users: '^1' } } },
          map: { '1.0.0': { needs: { users: '^2' } } },
          users: { '1.0.0': {}, '2.0.0': {} },
        },
      };
      const error = await refusal(world, { lens: '*', map: '*' });
      expect([error.code, error.message]).toEqual([
        'SHEAF_RESOLUTION',
        'lens 1.0.0 needs users ^1 and map 1.0.0 needs users ^2, but no version of users fits them all.',
      ]);
      expect(error.hint).toBe(
        'Ask for other versions of lens and map. The newest version of users is 2.0.0.',
      );
    });

    it('without what was tried on the way and had nothing to do with it', async () => {
      const world = {
        main: {
          alpha: { '2.0.0': { needs: { nowhere: '*' } }, '1.0.0': {} },
          zeta: { '1.0.0': { needs: { users: '^3' } } },
          users: { '1.0.0': {} },
        },
      };
      const error = await refusal(world, { alpha: '*', zeta: '*' });
      expect(error.details.reasons).toEqual(['zeta 1.0.0 needs users ^3, but no version fits.']);
    });
  });

  it('passes on the error of a look-up that failed', async () => {
    const world = { main: { lens: { '1.0.0': { needs: { users: '*' } } } } };
    const { offer } = problem(world, {});
    const broken: ResolutionProblem['offer'] = (name, registry) =>
      name === 'users' ? Promise.reject(new Error('the shard is damaged')) : offer(name, registry);
    await expect(resolve(problem(world, { lens: '*' }, { offer: broken }))).rejects.toThrow(
      'the shard is damaged',
    );
  });

  it('gets through a tower in which plain backtracking would try every combination', async () => {
    // Twenty independent plugins with ten versions each, and at the end two that exclude each other.
    const many = Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`1.${n}.0`, {}]));
    const main: World[string] = {
      yy: { '1.0.0': { needs: { users: '^1' } } },
      zz: { '1.0.0': { needs: { users: '^2' } } },
      users: { '1.0.0': {}, '2.0.0': {} },
    };
    for (let n = 0; n < 20; n++) main[`plugin-${n}`] = many;
    const wanted = Object.fromEntries(Object.keys(main).map((name) => [name, '*']));
    expect((await refusal({ main }, wanted)).message).toContain('yy 1.0.0 needs users ^1');
  });
});

function isIn(value: { version: string }, range: string): boolean {
  return satisfies(value.version as Version, range as VersionRange);
}

function compare(a: number[], b: number[]): number {
  const index = a.findIndex((part, index) => part !== b[index]);
  return index === -1 ? 0 : a[index]! - b[index]!;
}

describe('against brute force', () => {
  const names = ['aa', 'bb', 'cc', 'dd'];
  const ids = ['main', 'other'];
  const version = fc.constantFrom('1.0.0', '1.1.0', '2.0.0');
  const range = fc.constantFrom('*', '*', '^1', '^2', '>=1.1.0', '<2');
  // Dense worlds: most of what is asked for exists, so that the answer hangs on how the ranges meet.
  const dependency = fc.record({
    range,
    registry: fc.constantFrom('', '', '', ...ids),
    optional: fc.constantFrom(false, false, true),
  });
  const release = fc
    .tuple(
      fc.dictionary(fc.constantFrom(...names), dependency, { maxKeys: 3, size: 'max' }),
      fc.constantFrom({}, {}, {}, {}, {}, { yanked: 'broken' }, { deprecated: 'old' }),
    )
    .map((parts): Release => Object.assign({ needs: parts[0] }, parts[1]));
  const plugin = fc.record(
    { '1.0.0': release, '1.1.0': release, '2.0.0': release },
    { requiredKeys: ['1.0.0', '2.0.0'] },
  );
  const world = fc.record({
    main: fc.record({ aa: plugin, bb: plugin, cc: plugin, dd: plugin }, { requiredKeys: ['aa', 'bb', 'cc'] }),
    other: fc.record({ cc: plugin, dd: plugin }, { requiredKeys: ['dd'] }),
  });
  const wanted = fc.dictionary(fc.constantFrom(...names), range, { minKeys: 1, maxKeys: 3, size: 'max' });
  const lock = fc.dictionary(fc.constantFrom(...names), version, { maxKeys: 2 });

  type Value = { registry: string; version: string; release: Release } | undefined;
  type Assignment = Record<string, Value>;

  function values(world: World, lock: Record<string, string>, name: string): Value[] {
    const all = ids.flatMap((registry) =>
      Object.entries(world[registry]?.[name] ?? {}).map(([version, release]) => ({
        registry,
        version,
        release,
      })),
    );
    return [undefined, ...all.filter(({ version, release }) => !release.yanked || lock[name] === version)];
  }

  function* assignments(world: World, lock: Record<string, string>): Iterable<Assignment> {
    const domains = names.map((name) => values(world, lock, name));
    const total = domains.reduce((product, domain) => product * domain.length, 1);
    for (let n = 0; n < total; n++) {
      let rest = n;
      yield Object.fromEntries(
        names.map((name, index) => {
          const domain = domains[index]!;
          const value = domain[rest % domain.length];
          rest = Math.floor(rest / domain.length);
          return [name, value];
        }),
      );
    }
  }

  function isSolution(world: World, wanted: Record<string, string>, chosen: Assignment): boolean {
    const reached = new Set<string>();
    const open = Object.keys(wanted);
    for (const [name, range] of Object.entries(wanted)) {
      const first = ids.find((id) => world[id]?.[name] !== undefined);
      const value = chosen[name];
      if (value === undefined || value.registry !== first || !isIn(value, range)) return false;
    }
    for (let name = open.pop(); name !== undefined; name = open.pop()) {
      const value = chosen[name];
      if (value === undefined || reached.has(name)) continue;
      reached.add(name);
      for (const [other, wish] of Object.entries(value.release.needs ?? {})) {
        const { range, registry, optional } = wish as Exclude<Dependency, string>;
        const there = chosen[other];
        if (there === undefined && !optional) return false;
        if (there !== undefined && (there.registry !== (registry || value.registry) || !isIn(there, range)))
          return false;
        open.push(other);
      }
    }
    return names.every((name) => chosen[name] === undefined || reached.has(name));
  }

  /** Smaller is preferred; written again from the rules, not from the code. */
  function preference(lock: Record<string, string>, name: string, value: Value): [number, number] {
    if (value === undefined) return [9, 0];
    const age = -['1.0.0', '1.1.0', '2.0.0'].indexOf(value.version);
    if (lock[name] === value.version) return [0, age];
    return [value.release.deprecated === undefined ? 1 : 2, age];
  }

  it('finds a set exactly when there is one, and gives the wanted plugins the best there is', async () => {
    const met = { solved: 0, withLessThanTheNewest: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(world, wanted, lock, async (world: World, wanted, lock) => {
        const solutions = [...assignments(world, lock)].filter((chosen) => isSolution(world, wanted, chosen));
        const quality = (chosen: Assignment) =>
          Object.keys(wanted)
            .toSorted()
            .flatMap((name) => preference(lock, name, chosen[name]));
        const found = await resolve(problem(world, wanted, { lock })).catch((error: SheafError) => error);
        const refusals = ['SHEAF_RESOLUTION', 'SHEAF_UNKNOWN_PLUGIN', 'SHEAF_UNKNOWN_VERSION'];
        const isRefused = found instanceof SheafError && refusals.includes(found.code);
        expect(isRefused).toBe(solutions.length === 0);
        if (isRefused) {
          met.refused++;
          return true;
        }
        met.solved++;
        const { choices } = found as Resolution;
        const chosen: Assignment = Object.fromEntries(names.map((name) => [name, undefined]));
        for (const { name, registry, version } of choices) {
          chosen[name] = {
            registry,
            version: version.version,
            release: world[registry]![name]![version.version]!,
          };
        }
        const best = solutions.map(quality).toSorted(compare)[0];
        const alone = Object.entries(wanted)
          .toSorted(([a], [b]) => (a < b ? -1 : 1))
          .flatMap(([name, range]) => {
            const first = ids.find((id) => world[id]?.[name] !== undefined);
            const fitting = values(world, lock, name).filter(
              (value) => value?.registry === first && isIn(value!, range),
            );
            return fitting.map((value) => preference(lock, name, value)).toSorted(compare)[0]!;
          });
        if (compare(best!, alone) !== 0) met.withLessThanTheNewest++;
        return isSolution(world, wanted, chosen) && compare(quality(chosen), best!) === 0;
      }),
      { numRuns: 400 },
    );
    // Worlds that are all easy, or all hopeless, would prove nothing.
    expect(met.solved).toBeGreaterThan(100);
    expect(met.withLessThanTheNewest).toBeGreaterThan(25);
    expect(met.refused).toBeGreaterThan(50);
  });
});
