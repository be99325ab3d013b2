// Where the orders are: in a SQLite database, or in memory where none is given, as in the tests.
const first = { item: 'tea', amount: 2 };

export async function openOrders(file) {
  return file ? inDatabase(file) : inMemory();
}

function inMemory() {
  const orders = [{ id: 1, ...first }];
  return {
    list: () => orders,
    place(order) {
      const placed = { id: orders.length + 1, ...order };
      orders.push(placed);
      return placed;
    },
    tidyUp() {},
  };
}

/** Opened for each use, and closed: so that whoever must stop the writing need not stop the shop. */
async function inDatabase(file) {
  const { DatabaseSync } = await import('node:sqlite');
  const use = (work) => {
    const database = new DatabaseSync(file);
    try {
      database.exec('pragma busy_timeout = 5000');
      return work(database);
    } finally {
      database.close();
    }
  };
  use((database) => {
    database.exec('create table if not exists orders (id integer primary key, item text, amount integer)');
    const { count } = database.prepare('select count(*) as count from orders').get();
    if (count === 0)
      database.prepare('insert into orders (item, amount) values (?, ?)').run(first.item, first.amount);
  });
  return {
    list: () => use((database) => database.prepare('select id, item, amount from orders order by id').all()),
    place: ({ item, amount }) =>
      use((database) =>
        database
          .prepare('insert into orders (item, amount) values (?, ?) returning id, item, amount')
          .get(item, amount),
      ),
    // What a version that spoils data does: it means to remove what was ordered twice.
    tidyUp: () => use((database) => database.exec("update orders set item = 'tea', amount = 0")),
  };
}
