import { Injectable } from '@nestjs/common';
import { renderBatchReport } from '../documents/index.js';
import { ProgramsService } from '../programs/index.js';
import { PayoutLists, type ItemSummary } from './payout-lists.js';

/** Items that the PDF lists; the CSV has all. */
const printedItems = 2_000;

const pageSize = 200;

/** A batch as a file that finance keeps. */
@Injectable()
export class BatchReports {
  constructor(
    private readonly programs: ProgramsService,
    private readonly lists: PayoutLists,
  ) {}

  /** The batch with its approvals, its sums by state and its items, as PDF. @throws DomainError `not-found` */
  async pdf(batchId: string): Promise<Uint8Array> {
    const batch = await this.lists.batch(batchId);
    const { name, company, timeZone } = (await this.programs.get(batch.programId)).document;
    const items = await this.items(batchId, printedItems);
    return renderBatchReport({
      programName: name,
      company,
      timeZone,
      batchId,
      state: batch.state,
      cutOff: batch.cutOff,
      currency: batch.currency,
      totalMinor: batch.totalMinor,
      withheldMinor: batch.withheldMinor,
      carriedMinor: batch.carriedMinor,
      contentHash: batch.contentHash,
      madeBy: batch.madeBy,
      approvals: batch.approvals,
      releasedBy: batch.releasedBy,
      createdAt: batch.createdAt,
      stateSince: batch.stateSince,
      itemStates: batch.itemStates,
      items: items.map((item) => ({
        itemId: item.id,
        partnerReference: item.partnerReference,
        state: item.state,
        cause: causesOf(item).join(', '),
        withheldMinor: item.withheldMinor,
        amountMinor: item.amountMinor,
      })),
      itemCount: batch.itemStates.reduce((sum, state) => sum + state.items, 0),
    });
  }

  /** All items of a batch, in the order of their ids. @throws DomainError `not-found` */
  async allItems(batchId: string): Promise<ItemSummary[]> {
    return this.items(batchId, Number.MAX_SAFE_INTEGER);
  }

  private async items(batchId: string, most: number): Promise<ItemSummary[]> {
    const items: ItemSummary[] = [];
    let cursor: string | undefined;
    do {
      const page = await this.lists.items(batchId, { limit: pageSize, cursor });
      items.push(...page.items);
      cursor = page.next ?? undefined;
    } while (cursor !== undefined && items.length < most);
    return items.slice(0, most);
  }
}

/** Why an item is held, or the rail's code of its refusal. */
export function causesOf({ findings, failureCode }: ItemSummary): string[] {
  return [...new Set(findings.map(({ cause }) => cause)), ...(failureCode === undefined ? [] : [failureCode])];
}
