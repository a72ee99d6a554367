import type { ErrorCode } from '../core/errors.ts';

/** What a person can do about each refusal; `sheaf explain` prints it below the meaning of the code. */
export const ADVICE: Readonly<Record<ErrorCode, string>> = {
  SHEAF_USAGE:
    'Read the usage line in the message, or the help of the command (sheaf help COMMAND). Nothing was done.',
  SHEAF_CANCELLED:
    'Nothing was changed. In a script, where nobody can be asked, give the answer beforehand with the option that the message names, or with --yes for all of them.',
  SHEAF_INTERRUPTED:
    'Run the command again when you want it done. Files that were already fetched are kept in the cache and not fetched twice.',
  SHEAF_AUTHENTICATION:
    'Put a token for that host into the environment, or a login into ~/.netrc or a Git credential helper; sheaf doctor shows which are found. Credentials are never taken from the command line.',
  SHEAF_INVALID_FILE:
    'Open the file at the line and column that the message names and follow the hint. If the file came from a registry, tell its maintainers; nothing of it was used.',
  SHEAF_PATH: 'Check the spelling of the path and that it is a file, or a directory, as the command expects.',
  SHEAF_EXISTS:
    'Nothing was overwritten. Choose another name, or move away what is there after looking at it.',
  SHEAF_DIGEST:
    'The bytes were damaged or exchanged on the way and were thrown away. Try again; if it stays, the address serves something else than what was published: tell the maintainers of the plugin or the mirror.',
  SHEAF_SIZE:
    'The transfer was cut short or something else was served; nothing of it was used. Try again, or use another mirror.',
  SHEAF_SIGNATURE:
    'Do not use the file. If it is yours, sign it again with the key that the owner or root file lists, in the namespace that the message names. If it is not, tell the maintainers of the registry.',
  SHEAF_THRESHOLD:
    'More maintainers have to sign: the message names who is missing. Each signs the same bytes with sheaf sign FILE --key KEY --as NAME.',
  SHEAF_ROOT:
    'Either the pinned digest is wrong or somebody answers in place of the registry. Get the digest of the root from a source you trust, and compare. Do not remove and add the registry just to silence this.',
  SHEAF_ROOT_EXPIRED:
    'The maintainers have to sign and publish a new root. What is locked and cached still installs with --frozen.',
  SHEAF_CHECKPOINT:
    'The registry published something that breaks its own rules, or a mirror mixed two states. Try another mirror; if it stays, tell the maintainers.',
  SHEAF_ROLLBACK:
    'A mirror or cache serves an old state; sheaf never goes back. Try again later or use another mirror. If the registry was restored from a backup, its maintainers must publish a new epoch.',
  SHEAF_EXPIRED:
    'Nobody has signed a newer state for too long, or something keeps it from you. Try another network or mirror and ask the maintainers. Locked plugins still install from the cache with --frozen; resolving on the old state needs --allow-stale.',
  SHEAF_CLOCK:
    'Set the clock of this machine; time stamps decide which states of a registry are still valid.',
  SHEAF_FORK:
    'The key that signs checkpoints has probably been misused. Both histories were kept as evidence, and nothing was installed. Send them to the maintainers, and wait for a new root.',
  SHEAF_OWNER:
    'A new owner needs the signatures of both owners, new keys those of the keys before, or of the root after a waiting time. What is signed and only waits for your consent, --accept-owner-change agrees to; otherwise ask the maintainers of the registry what happened before you install this plugin again.',
  SHEAF_REVOKED:
    'Remove the plugin, or move to a version that the message names as safe. sheaf info shows the advisory.',
  SHEAF_ARCHIVE:
    'Nothing was unpacked. The author has to publish an archive of plain files and directories with portable names.',
  SHEAF_INDEX:
    'The index says something else than the signed files below it; nothing of it was used. Tell the maintainers: rebuilding and publishing the index mends it.',
  SHEAF_NOT_A_REGISTRY:
    'Check the address: it must be where the index is published, not the web page or the source repository of the registry.',
  SHEAF_UNKNOWN_REGISTRY: 'sheaf registry list shows the names in use; sheaf registry add URL adds one.',
  SHEAF_UNKNOWN_PLUGIN:
    'Check the spelling. If the plugin is new, run sheaf sync; if it is in another registry, add that registry first.',
  SHEAF_UNKNOWN_VERSION: 'sheaf info NAME lists the versions; a yanked one can only be kept, not added.',
  SHEAF_NOT_INSTALLED:
    'sheaf list shows what is installed in this project, sheaf list --global what is for this user.',
  SHEAF_NO_GENERATION:
    'Only sets that were installed before and not yet collected can come back; install the wanted versions instead.',
  SHEAF_NETWORK:
    'Check the connection and the proxy (HTTPS_PROXY, NO_PROXY), then try again: a broken download goes on where it stopped. sheaf doctor tests every registry.',
  SHEAF_OFFLINE:
    'Run it once without --offline, or prepare with sheaf sync --full and sheaf install while there is a network.',
  SHEAF_RESOLUTION:
    'The message tells which demands exclude each other. Loosen a range in sheaf.toml, update the plugin that holds the others back, or remove it.',
  SHEAF_PLATFORM:
    'Another version may have an artifact for this platform: sheaf info NAME shows them. Otherwise ask the author.',
  SHEAF_POLICY:
    'The policy or the routes of this machine, user or project say no: see policy.toml, sheaf config list and sheaf.toml. Change them only if they are yours to change.',
  SHEAF_CAPABILITIES:
    'Read which capabilities are new and decide. On a terminal sheaf asks; elsewhere --accept-capabilities agrees.',
  SHEAF_IN_USE:
    'The message names what needs it. Remove that as well, or insist with --force and expect it to break.',
  SHEAF_LOCK_OUTDATED:
    'Run sheaf install without --locked, look at the change of sheaf.lock, and commit it with sheaf.toml.',
  SHEAF_LOCK_INVALID:
    'Restore sheaf.lock from version control. After a merge conflict, take either side and run sheaf install.',
  SHEAF_MODIFIED:
    'Somebody or something changed installed files. sheaf install --force puts the signed ones back; look first at what was changed.',
  SHEAF_LANGUAGE:
    'Install a plugin that provides the language; sheaf search --language NAME finds one. Then load it.',
  SHEAF_ENGINE:
    'Use a version of the plugin that fits, or update the application; sheaf info NAME shows the ranges of each version.',
  SHEAF_REQUIREMENT: 'Install the program that the message names and make sure that it is on PATH.',
  SHEAF_ABI:
    'The author has to build the module for ABI 1: exports memory, alloc and its commands, and no memory of its own beyond the cap. sheaf build tells what is missing.',
  SHEAF_CAPABILITY_UNDECLARED:
    'The author has to name every capability that the code uses in [security] capabilities. Until then the plugin does not load.',
  SHEAF_CAPABILITY_DENIED:
    'Grant the capability in the application, if it should have it. A plugin that needs it is not loaded; one that can do without goes on.',
  SHEAF_ISOLATION:
    'Install bubblewrap where it can run. To accept less, say so in the policy of the application; the message gives the line.',
  SHEAF_INIT:
    'Read the log of the plugin and its configuration in sheaf.toml. It is tried again a few times.',
  SHEAF_STATE:
    'Load and initialize the plugin first; after repeated failures, unload it and look at its log.',
  SHEAF_TIMEOUT:
    'Give it less to do, or a larger budget in its manifest. The process was killed, nothing of it is left.',
  SHEAF_MEMORY: 'Give it less to do, or raise max_memory_mb in its manifest.',
  SHEAF_CRASHED: 'Read the log of the plugin and tell its author. The application and other plugins went on.',
  SHEAF_PROTOCOL: 'Tell the author of the plugin: what it wrote is not what the protocol allows.',
  SHEAF_PLUGIN: 'The message is the plugin’s own; its documentation says what it means.',
  SHEAF_PERMISSION:
    'Check who owns the file or directory and whether it is mounted read-only. Installing for this user needs no administrator rights.',
  SHEAF_DISK_FULL: 'Free some space, for instance with sheaf cache clean, and run the command again.',
  SHEAF_NO_HOME: 'Set HOME, or SHEAF_HOME to the directory in which sheaf may keep its files.',
  SHEAF_TOOL:
    'Install the program that the message names, or make sure that it is on the PATH; then run the command again.',
  SHEAF_INTERNAL:
    'This should not happen. Run the command again with --debug and report what it prints, with the version from sheaf --version.',
};
