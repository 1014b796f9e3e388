import { Module } from '@nestjs/common';
import { Settings } from '../platform/index.js';
import { DocumentStore } from './document-store.js';
import { DocumentStorage } from './storage/document-storage.js';
import { documentStorage } from './storage/storage-choice.js';

@Module({
  providers: [
    DocumentStore,
    { provide: DocumentStorage, useFactory: ({ env }: Settings) => documentStorage(env), inject: [Settings] },
  ],
  exports: [DocumentStore],
})
export class DocumentsModule {}
