export * from './domain/index.js';
export { ApplicationList, type ApplicationView } from './application-list.js';
export { ApplicationsService, type ApplicationRow, type StageMove } from './applications.service.js';
export { PartnerList, type PartnerView } from './partner-list.js';
export { PartnersModule } from './partners.module.js';
export { PartnersService, type PartnerRow } from './partners.service.js';
export { SuspensionsService, type SuspensionAct, type SuspensionRow } from './suspensions.service.js';
