export * from './domain/index.js';
export { readMoneySettings, type MoneySettings } from './money-settings.js';
export { ProgramsModule } from './programs.module.js';
export { ProgramsService, type Program } from './programs.service.js';
