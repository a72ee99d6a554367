import { ANY_PLATFORM } from '../../platform.ts';
import { exampleProgram } from '../program-example.ts';
import type { ScanMatch, ScanRule } from '../scan-rule.ts';

/** A program for another machine than the artifact is for is not the one that anybody tried. */
export const nativeFormat: ScanRule = {
  id: 'native-format',
  level: 'high',
  title: 'a native program is damaged, or made for another platform than its artifact',
  fix: 'Build the program for the platform of the artifact, and leave those for others out.',
  vulnerable: { files: { helper: exampleProgram(183) }, tier: 'native', platform: 'linux-x64' },
  clean: { files: { helper: exampleProgram() }, tier: 'native', platform: 'linux-x64' },
  find: ({ programs, platform }) =>
    programs.flatMap(({ path, format, platforms, fault }): ScanMatch[] => {
      if (fault !== undefined) return [{ path, message: `The ${format} program ${fault}.` }];
      if (platform === ANY_PLATFORM || platforms.includes(ANY_PLATFORM)) return [];
      if (platforms.includes(platform)) return [];
      return [
        { path, message: `The program is for ${platforms.join(', ')}; the artifact is for ${platform}.` },
      ];
    }),
};
