/** Works on all items, at most `limit` at once, and gives the results in the order of the items. */
export async function sideBySide<Item, Result>(
  items: readonly Item[],
  { limit, work }: { readonly limit: number; readonly work: (item: Item) => Promise<Result> },
): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < items.length; index = next++) {
      results[index] = await work(items[index] as Item);
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  return results;
}
