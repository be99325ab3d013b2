import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a service exposes about itself. */
export interface Exposed {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value:
    | { readonly kind: 'counter' | 'gauge'; readonly number: number }
    /** `[upper edge, values up to it]`; the last edge is infinite. */
    | { readonly kind: 'classic'; readonly cumulative: readonly (readonly [number, number])[] }
    /** Counts of the buckets `(2^((i-1)/8), 2^(i/8)]`, by i. */
    | { readonly kind: 'native'; readonly counts: ReadonlyMap<number, number> };
}

export interface Exporter {
  readonly address: string;
  /** From now on every scrape fails. */
  die(): void;
  close(): void;
}

/** A small service with `/metrics`, in text, or in protobuf as native histograms need it. */
export async function startExporter(expose: () => readonly Exposed[]): Promise<Exporter> {
  let isDead = false;
  const listener: RequestListener = (request, response) => {
    if (isDead) return void response.writeHead(500).end();
    if (request.url === '/native') {
      response.setHeader('content-type', PROTOBUF);
      return void response.end(Buffer.concat(expose().filter(isNative).map(familyOf)));
    }
    response.end(
      expose()
        .filter((one) => !isNative(one))
        .flatMap(linesOf)
        .join('\n')
        .concat('\n'),
    );
  };
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    die() {
      isDead = true;
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function isNative({ value }: Exposed): boolean {
  return value.kind === 'native';
}

function linesOf({ name, labels, value }: Exposed): readonly string[] {
  const line = (suffix: string, more: Readonly<Record<string, string>>, number: number) => {
    const pairs = Object.entries({ ...labels, ...more }).map(([label, text]) => `${label}="${text}"`);
    return `${name}${suffix}{${pairs.join(',')}} ${number}`;
  };
  if (value.kind === 'native') return [];
  if (value.kind !== 'classic') return [line('', {}, value.number)];
  const edge = (upper: number) => (upper === Infinity ? '+Inf' : String(upper));
  return value.cumulative.map(([upper, count]) => line('_bucket', { le: edge(upper) }, count));
}

const PROTOBUF =
  'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited';

/** A `MetricFamily` with one native histogram of schema 3, by the numbers of its fields. */
function familyOf({ name, labels, value }: Exposed): Buffer {
  const counts = value.kind === 'native' ? [...value.counts].sort(([a], [b]) => a - b) : [];
  const total = counts.reduce((sum, [, count]) => sum + count, 0);
  const spans = counts.map(([bucket], i) => {
    const previous = counts[i - 1]?.[0];
    return message(
      12,
      varint(1, zigzag(previous === undefined ? bucket : bucket - previous - 1)),
      varint(2, 1),
    );
  });
  const deltas = counts.map(([, count], i) => varint(13, zigzag(count - (counts[i - 1]?.[1] ?? 0))));
  const histogram = message(7, varint(1, total), varint(5, zigzag(3)), double(6, 1e-9), ...spans, ...deltas);
  const pairs = Object.entries(labels).map(([label, text]) => message(1, string(1, label), string(2, text)));
  const family = Buffer.concat([string(1, name), varint(3, 4), message(4, ...pairs, histogram)]);
  return Buffer.concat([base128(family.length), family]);
}

function message(field: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([base128(field * 8 + 2), base128(body.length), body]);
}

function string(field: number, text: string): Buffer {
  return message(field, Buffer.from(text));
}

function varint(field: number, value: number): Buffer {
  return Buffer.concat([base128(field * 8), base128(value)]);
}

function double(field: number, value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return Buffer.concat([base128(field * 8 + 1), bytes]);
}

function zigzag(value: number): number {
  return value >= 0 ? 2 * value : -2 * value - 1;
}

function base128(value: number): Buffer {
  const bytes: number[] = [];
  let left = value;
  while (left > 127) {
    bytes.push((left % 128) + 128);
    left = Math.floor(left / 128);
  }
  return Buffer.from([...bytes, left]);
}
