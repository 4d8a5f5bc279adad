import { AppError } from '../../src/domain/errors.js';
import { describeChatModelContract } from '../contract/chat-model.js';
import { createFakeChatModel } from './fake-chat-model.js';

const broken = new AppError('model_unavailable', 'The model provider cannot be reached.');

describeChatModelContract('the fake', async () => ({
  saying: async (text) => createFakeChatModel(text),
  cutByLength: async () => createFakeChatModel('cut', { reason: 'length' }),
  unavailable: async () => createFakeChatModel('never', { error: broken }),
  failingMidway: async () => createFakeChatModel('this breaks off', { failAfter: 2, error: broken }),
  close: async () => {},
}));
