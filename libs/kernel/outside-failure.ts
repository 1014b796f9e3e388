/**
 * A party outside, as a payment rail, could not be asked or did not say what it did. The request was right: the same one may
 * succeed later.
 */
export abstract class OutsideFailure extends Error {}
