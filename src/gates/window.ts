import type { Window } from '../plan/gate-keys.js';
import { openingFor, standingAt } from '../plan/windows/standing.js';
import { opensText, spanText, standingText } from '../plan/windows/words.js';
import { type GateVerdict, open, shut, waiting } from './verdict.js';

export interface WindowFacts {
  /** By GitHub's clock. */
  readonly now: number;
  /** The longest that the release may take. */
  readonly neededMs: number;
}

const EMERGENCY = 'in an emergency dispatch with `override: window` and a reason';

/** Whether a release may begin now, and would be over before the window closes. */
export function judgeWindow(window: Window, { now, neededMs }: WindowFacts): GateVerdict {
  const standing = standingAt(window, now);
  const text = standingText(window, standing, now);
  if (!standing.isOpen) {
    if (standing.opensAt === null)
      return shut('window', { reason: 'window-never-opens', text, opens: 'Correct `window` in the plan' });
    return waiting('window', { reason: 'window-closed', text, opens: `Start again then; ${EMERGENCY}` });
  }
  if (standing.closesAt === null || standing.closesAt - now >= neededMs) return open('window', text);
  return tooShort(window, { now, neededMs, text });
}

function tooShort(
  window: Window,
  { now, neededMs, text }: WindowFacts & { readonly text: string },
): GateVerdict {
  const short = `${text}, but with its timeouts the release may take ${spanText(neededMs)}`;
  const next = openingFor(window, { now, neededMs });
  if (next === null) {
    return shut('window', {
      reason: 'window-too-short',
      text: `${short}, and no opening is that long`,
      opens: 'Widen the window, or shorten steps, watch and timeouts',
    });
  }
  return waiting('window', {
    reason: 'window-too-short',
    text: `${short}; the next opening that is long enough ${opensText(window, { at: next, now })}`,
    opens: `Start again then; ${EMERGENCY}`,
  });
}
