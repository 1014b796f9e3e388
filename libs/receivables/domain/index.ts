/** The pure face of receivables. */
export { writeOffStates, type WriteOffAction, type WriteOffState } from './write-off-state.js';
