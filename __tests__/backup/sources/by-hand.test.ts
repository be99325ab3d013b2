import { expect, test } from '@jest/globals';
import {
  parseMysqlUrl,
  reachedByHand as reachedMysql,
} from '../../../src/backup/sources/mysql/connection.js';
import {
  parsePostgresUrl,
  reachedByHand as reachedPostgres,
} from '../../../src/backup/sources/postgres/connection.js';

const POSTGRES = 'postgres://app:pass@db.internal:5433/shop';
const MYSQL = 'mysql://app:pass@db.internal:3307/shop';

test('a command for people says how to reach the server as far as the plan says it, and never a password', () => {
  const postgres = parsePostgresUrl(POSTGRES, 'it');
  expect(reachedPostgres(POSTGRES, postgres)).toEqual({
    options: '--host=db.internal --port=5433 --username=app ',
    note: '',
  });
  const mysql = parseMysqlUrl(MYSQL, 'it');
  expect(reachedMysql(MYSQL, mysql)).toEqual({
    options: '--host=db.internal --port=3307 --user=app --password ',
    note: '',
  });
});

test('of what comes from a variable only its name is shown', () => {
  const postgres = reachedPostgres('${SHOP_DATABASE}', parsePostgresUrl(POSTGRES, 'it'));
  expect(postgres).toEqual({
    options: '',
    note: ' # with PGHOST, PGPORT, PGUSER, PGPASSWORD of ${SHOP_DATABASE}',
  });
  const mysql = reachedMysql('${SHOP_DATABASE}', parseMysqlUrl(MYSQL, 'it'));
  expect(mysql).toEqual({
    options: '',
    note: ' # with --host, --port, --user, --password of ${SHOP_DATABASE}',
  });
});
