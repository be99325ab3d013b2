import { appendFileSync } from 'node:fs';

/** One figure that `npm run faults -- --processes` prints, with what it may be at most. */
export function figure(id: string, found: number, limit: number, what: string): void {
  const file = process.env.FAULTS_FIGURES;
  if (file) appendFileSync(file, `${JSON.stringify({ id, figure: found, limit, what })}\n`);
}
