export { Database, isLostConnection, rowOf, rowsOf, sqlState, type Transaction } from './database.js';
export { migrate, revertLast } from './migrate.js';
