export { checkBooks, type BooksReport, type BooksRequest, type Violation } from './books-check.js';
export { invariants, type Invariant } from './invariants.js';
