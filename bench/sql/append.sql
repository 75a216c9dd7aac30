-- Mirrors MessageWrites.append: one transaction. Differences: the lock also returns the path's tip, which pgbench
-- cannot read out of an array; the message's id is put into the given JSON here; the time is now().
-- pgbench waits for BEGIN, the driver sends it together with the first statement.
\set u random(1, :users)
\set chat 1000000000000000 + random(1, :chats)
\set message random(1000000000000000, 9000000000000000)
begin;
select is_deleted, title is not null as is_titled, path, path[array_length(path, 1)][1] as branch, path[array_length(path, 1)][3] as last
from chatkeep.chat
where user_id = lpad(:u::text, 32, '0')::uuid and id = :chat
for update
\gset
with given as (
    select g ->> 'id' as id, g ->> 'role' as role, g -> 'parts' as parts,
        g -> 'attachments' as attachments, g -> 'metadata' as metadata, n
    from jsonb_array_elements(replace(:given, 'MESSAGE-ID', :message)::jsonb) with ordinality as list (g, n)
), answering as (
    select from chatkeep.run where user_id = lpad(:u::text, 32, '0')::uuid and chat_id = :chat and status = 'streaming'
), known as (
    select given.id, m.is_same
    from given cross join lateral (
        select bool_or(m.parts = given.parts and m.role = given.role) as is_same
        from chatkeep.message m
        where m.user_id = lpad(:u::text, 32, '0')::uuid and m.chat_id = :chat and m.id = given.id
    ) m
    where m.is_same is not null
), fresh as (
    select given.*, row_number() over (order by n)::int as nth
    from given
    where id not in (select id from known)
        and not exists (select from known where not is_same)
        and not exists (select from answering)
), head as (
    update chatkeep.user_head h
    set change_seq = h.change_seq + 1, messages = h.messages + (select count(*) from fresh)
    where h.user_id = lpad(:u::text, 32, '0')::uuid and exists (select from fresh)
    returning h.change_seq
), c as (
    update chatkeep.chat
    set change_seq = head.change_seq,
        updated_at = now(),
        title = coalesce(title, :title),
        path[array_length(path, 1)][3] = :last + (select count(*) from fresh),
        stored_messages = stored_messages + (select count(*) from fresh)
    from head
    where user_id = lpad(:u::text, 32, '0')::uuid and id = :chat
), titled as (
    insert into chatkeep.chat_title (user_id, chat_id, folded, terms)
select lpad(:u::text, 32, '0')::uuid, :chat, :folded, array_to_tsvector(:terms::text[])
    from head where :titling
    on conflict (user_id, chat_id) do update set folded = excluded.folded, terms = excluded.terms
), stored as (
    insert into chatkeep.message (user_id, chat_id, branch, pos, id, role, status, parts,
        attachments, metadata, source, created_at)
    select lpad(:u::text, 32, '0')::uuid, :chat, :branch, :last + nth, id, role, 'complete', parts, attachments,
        metadata, 'client', now()
    from fresh
)
select (select count(*) from fresh) as stored,
    exists (select from known where not is_same) as is_taken,
    exists (select from answering) as is_answered;
commit;
