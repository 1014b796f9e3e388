export { Database, isLostConnection, rowOf, rowsOf, sqlState, type Transaction } from './database.js';
export { arrayColumns } from './array-columns.js';
export { preparedRows } from './prepared.js';
export { migrate, revertLast } from './migrate.js';
