import { groupBy } from '../kernel/group-by.js';
import type { StoredConversion } from '../tracking/index.js';

/** About how many conversions one part has: enough that what each statement costs by itself doesn't matter. */
const partSize = 250;

/** The conversions of each partner, in the order in which they are given. */
export function groupedByPartner(conversions: readonly StoredConversion[]): StoredConversion[][] {
  return [...groupBy(conversions, ({ partnerId }) => partnerId).values()];
}

/** The same, joined to parts: a partner's are never parted, as what one of them changes is told by those before it. */
export function partsOfPartners(byPartner: readonly (readonly StoredConversion[])[]): StoredConversion[][] {
  const parts: StoredConversion[][] = [];
  for (const own of byPartner) {
    const part = parts.at(-1);
    if (part && part.length < partSize) part.push(...own);
    else parts.push([...own]);
  }
  return parts;
}
