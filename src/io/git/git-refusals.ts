/** Whether git says that there is no repository where it looked. */
export function saysNoRepository(said: string): boolean {
  return /does not appear to be a git repository|not a git repository|repository .* not found/i.test(said);
}

/** Whether a remote let git in without the right to do what it was asked for, or did not let it in. */
export function saysForbidden(said: string): boolean {
  return /authentication failed|permission denied|could not read (?:username|password)|returned error: 40[13]|hook declined/i.test(
    said,
  );
}
