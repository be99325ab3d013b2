import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A jest reporter: says at the end of a run which tests were left out since something is not installed. */
export default class LeftOut {
  constructor() {
    this.directory = mkdtempSync(join(tmpdir(), 'gated-release-left-out-'));
    // Workers inherit it: they are started after the reporters are made.
    process.env.GATED_RELEASE_LEFT_OUT = join(this.directory, 'packages');
  }

  onRunComplete() {
    const file = join(this.directory, 'packages');
    const packages = existsSync(file) ? readFileSync(file, 'utf8').split(/, |\n/).filter(Boolean) : [];
    rmSync(this.directory, { recursive: true, force: true });
    if (packages.length === 0) return;
    const names = [...new Set(packages)].sort().join(', ');
    process.stderr.write(
      `\nLeft out: the tests that need ${names}. To run them too: bash script/components\n`,
    );
  }
}
