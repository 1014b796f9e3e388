import { Injectable } from '@nestjs/common';
import { contractText, renderContract, type ContractText } from '../documents/index.js';
import { sha256 } from '../kernel/sha256.js';
import { ContractInputs } from './contract-inputs.js';
import type { EnvelopeRow } from './envelope-rows.js';

/** What a contract says, to be read on a page beside the PDF that is signed. */
@Injectable()
export class ContractTexts {
  constructor(private readonly inputs: ContractInputs) {}

  /**
   * The text of the envelope's contract. Null where what is rendered now is not, byte for byte, what the envelope is
   * bound to, as after the clause library has changed: nobody is shown a text that is not the one to be signed.
   */
  async of(row: EnvelopeRow): Promise<ContractText | null> {
    if (row.document_sha256 === null) return null;
    const input = await this.inputs.of(row);
    const isSame = sha256(await renderContract(input)) === row.document_sha256;
    return isSame ? contractText(input) : null;
  }
}
