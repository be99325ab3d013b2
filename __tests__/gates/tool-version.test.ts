import { expect, test } from '@jest/globals';
import { toolVersion } from '../../src/gates/tool-version.js';
import { isVersion } from '../../src/plan/tool-need.js';

/** What tools print of themselves, as they print it. */
test.each<[string, string, string | null]>([
  ['bash', 'GNU bash, version 5.2.15(1)-release (x86_64-pc-linux-gnu)\nCopyright (C) 2022 Free', '5.2.15'],
  ['git', 'git version 2.39.5', '2.39.5'],
  ['git', 'git version 2.44.0.windows.1', '2.44.0'],
  ['git', 'git version 2.44.0.rc1', '2.44.0-rc1'],
  ['node', 'v20.20.2', '20.20.2'],
  ['psql', 'psql (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)', '15.18'],
  ['mysql', 'mysql  Ver 8.0.35-0ubuntu0.22.04.1 for Linux on x86_64 ((Ubuntu))', '8.0.35'],
  ['mysql', 'mysql  Ver 15.1 Distrib 10.6.12-MariaDB, for debian-linux-gnu (x86_64)', '10.6.12'],
  ['mariadb', 'mariadb from 11.4.2-MariaDB, client 15.2 for debian-linux-gnu (x86_64)', '11.4.2'],
  ['kubectl', 'Client Version: v1.28.2\nKustomize Version: v5.0.4-0.20230601165947-6ce0bf390ce3', '1.28.2'],
  ['kubectl', 'Client Version: version.Info{Major:"1", Minor:"21", GitVersion:"v1.21.1"}', '1.21.1'],
  ['kubectl', 'Client Version: v1.32.4-gke.1\nKustomize Version: v5.5.0', '1.32.4'],
  ['helm', 'version.BuildInfo{Version:"v3.14.0", GitCommit:"3fc9f4b2638e", GoVersion:"go1.21.5"}', '3.14.0'],
  ['docker', 'Docker version 24.0.7, build afdd53b', '24.0.7'],
  ['java', 'openjdk 17.0.15 2025-04-15\nOpenJDK Runtime Environment (build 17.0.15+6-Debian-1)', '17.0.15'],
  ['java', 'Picked up JAVA_TOOL_OPTIONS: -Xmx512.5m\nopenjdk version "1.8.0_392"', '1.8.0'],
  ['java', 'openjdk 22-ea 2024-03-19', '22-ea'],
  ['python3', 'Python 3.11.7', '3.11.7'],
  ['python3', 'Python 3.13.0b2', '3.13.0-b2'],
  ['rc', 'rc 2.0.0-rc.1', '2.0.0-rc.1'],
  ['go', 'go version go1.26.8 linux/amd64', '1.26.8'],
  ['go', 'go version go1.22rc1 linux/amd64', '1.22-rc1'],
  [
    'terraform',
    'Warning: 2.0 is out\n\nTerraform v1.6.6\non linux_amd64\n\nThe latest version is 1.7.0.',
    '1.6.6',
  ],
  ['restic', 'restic 0.14.0 compiled with go1.19.8 on linux/amd64', '0.14.0'],
  ['jq', 'jq-1.6', '1.6'],
  ['jq', 'jq-1.7rc1', '1.7-rc1'],
  ['openssl', 'OpenSSL 1.1.1b  26 Feb 2019', '1.1.1'],
  ['bzip2', 'bzip2, a block-sorting file compressor.  Version 1.0.8, 13-Jul-2019.', '1.0.8'],
  ['mvn', 'Apache Maven 3.9.6 (bc0240f3c744)\nMaven home: /opt\nJava version: 17.0.9', '3.9.6'],
  ['banner', 'config 99.0\nbanner 1.0.0', '1.0.0'],
  ['banner', 'warning: banner config 99.0 is old\nbanner 1.0.0', '1.0.0'],
  ['banner', 'banner, no number', null],
  ['python3', 'python3', null],
])('%s that says %j is %s', (name, banner, version) => {
  expect(toolVersion(name, banner)).toBe(version);
});

test.each([
  ['1.2.3-rc.1', '>=', '1.2.3', false],
  ['1.2.3-rc.1', '>=', '1.2', true],
  ['1.2.0-rc.1', '>=', '1.2', false],
  ['1.2.3-rc.1', '>', '1.2.2', true],
  ['1.2.3-rc.1', '=', '1.2.3', false],
  ['1.2.3-rc.1', '<', '1.2.3', true],
] as const)('%s is %s %s: %s', (found, is, than, expected) => {
  expect(isVersion(found, { is, than })).toBe(expected);
});
