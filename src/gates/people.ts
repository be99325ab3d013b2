/** `organisation/team` in lower case → logins; null when the team could not be read. */
export type People = ReadonlyMap<string, readonly string[] | null>;

/** Who a list of handles stands for, as far as it is known. */
export interface Roster {
  /** In lower case, as GitHub compares them. */
  readonly logins: ReadonlySet<string>;
  /** Teams that could not be read: `acme/leads`. */
  readonly unreadable: readonly string[];
}

export function peopleIn(handles: readonly string[], people: People): Roster {
  const names = handles.map((handle) => handle.replace(/^@/, '').toLowerCase());
  const members = teamsIn(handles).map((team) => ({ team, logins: people.get(team) ?? null }));
  return {
    logins: new Set([
      ...names.filter((name) => !name.includes('/')),
      ...members.flatMap(({ logins }) => (logins ?? []).map((login) => login.toLowerCase())),
    ]),
    unreadable: members.filter(({ logins }) => logins === null).map(({ team }) => team),
  };
}

/** The teams among handles, as `organisation/team` in lower case, each once. */
export function teamsIn(handles: readonly string[]): readonly string[] {
  const names = handles.map((handle) => handle.replace(/^@/, '').toLowerCase());
  return [...new Set(names.filter((name) => name.includes('/')))];
}
