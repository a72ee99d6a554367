import type { CommandModule } from './call.ts';
import type { CommandName } from './command-spec.ts';

/** The code of every command, imported only when it is called: a command pays for what it uses. */
const MODULES: Readonly<Record<CommandName, () => Promise<CommandModule>>> = {
  search: () => import('./commands/search.ts'),
  install: () => import('./commands/install.ts'),
  update: () => import('./commands/update.ts'),
  outdated: () => import('./commands/outdated.ts'),
  remove: () => import('./commands/remove.ts'),
  list: () => import('./commands/list.ts'),
  info: () => import('./commands/info.ts'),
  rollback: () => import('./commands/rollback.ts'),
  verify: () => import('./commands/verify.ts'),
  why: () => import('./commands/why.ts'),
  pin: () => import('./commands/pin.ts'),
  unpin: () => import('./commands/unpin.ts'),
  'registry add': () => import('./commands/registry-add.ts'),
  'registry list': () => import('./commands/registry-list.ts'),
  'registry remove': () => import('./commands/registry-remove.ts'),
  'registry init': () => import('./commands/registry-init.ts'),
  sync: () => import('./commands/sync.ts'),
  'key create': () => import('./commands/key-create.ts'),
  sign: () => import('./commands/sign.ts'),
  'signature verify': () => import('./commands/signature-verify.ts'),
  'index build': () => import('./commands/index-build.ts'),
  'index sign': () => import('./commands/index-sign.ts'),
  'index publish': () => import('./commands/index-publish.ts'),
  'index verify': () => import('./commands/index-verify.ts'),
  'import krew': () => import('./commands/import-krew.ts'),
  doctor: () => import('./commands/doctor.ts'),
  'cache list': () => import('./commands/cache-list.ts'),
  'cache clean': () => import('./commands/cache-clean.ts'),
  'cache path': () => import('./commands/cache-path.ts'),
  'config list': () => import('./commands/config-list.ts'),
  'config get': () => import('./commands/config-get.ts'),
  'config set': () => import('./commands/config-set.ts'),
  'config unset': () => import('./commands/config-unset.ts'),
  'config path': () => import('./commands/config-path.ts'),
  completion: () => import('./commands/completion.ts'),
  explain: () => import('./commands/explain.ts'),
  help: () => import('./commands/help.ts'),
};

/** Loads the code of a command. */
export function loadCommand(name: CommandName): Promise<CommandModule> {
  return MODULES[name]();
}
