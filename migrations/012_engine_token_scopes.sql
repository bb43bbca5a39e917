-- Connections to the engine that were made before it had comments.
SET LOCAL ROLE sagatable_system;
UPDATE personal_tokens
SET scopes = scopes || ARRAY['data.recordComments:read', 'data.recordComments:write']
WHERE purpose = 'engine' AND NOT scopes && ARRAY['data.recordComments:read', 'data.recordComments:write'];
RESET ROLE;
