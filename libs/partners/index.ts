export * from './domain/index.js';
export { ApplicationsService, type ApplicationRow, type StageMove } from './applications.service.js';
export { PartnersModule } from './partners.module.js';
export { PartnersService, type PartnerRow } from './partners.service.js';
