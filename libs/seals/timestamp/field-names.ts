/** The names of time-stamp fields are this and a number from 1. */
export const timestampFieldPrefix = 'TimeStamp';

/** A time-stamp's field is its own widget without a place on any page: nothing is drawn, and no page changes. */
export const timestampWidgetEntries = '/Type /Annot /Subtype /Widget /FT /Sig /Rect [0 0 0 0] /F 132';
