export { registerUser } from './users';
export { deleteWorkspace, provisionWorkspace } from './workspaces';
export { applyEdit, proposeEdit, proposeRevert, revertEdit } from './edits';
export { chatTurn } from './chats';
export { copyBase } from './copies';
export { reviewEdit } from './reviews';
