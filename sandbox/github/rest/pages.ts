import type { Answer } from '../answer.js';
import type { Call } from '../call.js';

interface Page<Item> {
  readonly items: readonly Item[];
  readonly headers: Readonly<Record<string, string>>;
}

/** The part of a list that `page` and `per_page` ask for, with the `link` header that leads to the others. */
export function page<Item>(call: Call, all: readonly Item[], size = 30): Page<Item> {
  const perPage = Math.min(100, Math.max(1, Number(call.query.per_page ?? size)));
  const number = Math.max(1, Number(call.query.page ?? 1));
  const last = Math.max(1, Math.ceil(all.length / perPage));
  const items = all.slice((number - 1) * perPage, number * perPage);
  const link = (to: number, rel: string) => {
    const url = new URL(call.url);
    url.searchParams.set('page', String(to));
    return `<${url.href}>; rel="${rel}"`;
  };
  const links = [
    ...(number > 1 ? [link(number - 1, 'prev'), link(1, 'first')] : []),
    ...(number < last ? [link(number + 1, 'next'), link(last, 'last')] : []),
  ];
  return { items, headers: links.length === 0 ? {} : { link: links.join(', ') } };
}

export async function listed<Item>(
  call: Call,
  all: readonly Item[],
  render: (item: Item) => unknown,
): Promise<Answer> {
  const { items, headers } = page(call, all);
  return { status: 200, body: await Promise.all(items.map(render)), headers };
}
