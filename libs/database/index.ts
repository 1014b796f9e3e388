export { Database, isLostConnection, isTaken, rowOf, rowsOf, sqlState, type Transaction } from './database.js';
export { arrayColumns, type ArrayColumn } from './array-columns.js';
export { preparedRows } from './prepared.js';
export { migrate, revertLast } from './migrate.js';
