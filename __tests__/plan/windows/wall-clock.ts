/** Another way to ask whether a window is open: by what the runtime's own calendar prints, and by the text of ranges. */

const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

export interface Written {
  readonly timezone: string;
  readonly open: readonly { readonly days: readonly string[]; readonly from: string; readonly to: string }[];
  /** Dates, both inside. */
  readonly freeze: readonly { readonly from: string; readonly to: string }[];
}

export function isOpenByCalendar({ timezone, open, freeze }: Written, at: number): boolean {
  const { day, time, date } = printed(timezone, at);
  if (freeze.some(({ from, to }) => from <= date && date <= to)) return false;
  const before = DAYS[(DAYS.indexOf(day) + 6) % 7] ?? '';
  return open.some(({ days, from, to }) => {
    if (to > from) return days.includes(day) && from <= time && time < to;
    return (days.includes(day) && from <= time) || (days.includes(before) && time < to);
  });
}

const calendars = new Map<string, Intl.DateTimeFormat>();

function printed(timeZone: string, at: number): { day: string; time: string; date: string } {
  const calendar =
    calendars.get(timeZone) ??
    new Intl.DateTimeFormat('en-GB', {
      timeZone,
      hourCycle: 'h23',
      ...{ weekday: 'short', year: 'numeric', month: '2-digit', day: '2-digit' },
      ...{ hour: '2-digit', minute: '2-digit' },
    });
  calendars.set(timeZone, calendar);
  const parts = Object.fromEntries(calendar.formatToParts(at).map(({ type, value }) => [type, value]));
  return {
    day: parts.weekday ?? '',
    time: `${parts.hour}:${parts.minute}`,
    date: `${parts.year}-${parts.month}-${parts.day}`,
  };
}

export function planOf({ timezone, open, freeze }: Written): string {
  return JSON.stringify({
    service: 'shop',
    environment: 'production',
    promote: './deploy.sh',
    window: {
      timezone,
      open: open.map(({ days, from, to }) => `${days.join(',')} ${from}-${to}`),
      freeze: freeze.map((one) => ({ ...one, reason: 'Frozen' })),
    },
  });
}
