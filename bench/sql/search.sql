-- Mirrors ChatLists.list with search=lantern, which is in 10 of a user's 50 titles.
\set u random(1, :users)
select h.active_chats, h.deleted_chats, h.messages, (select count(*) from (select from chatkeep.chat c join chatkeep.chat_title t on t.user_id = c.user_id and t.chat_id = c.id where c.user_id = lpad(:u::text, 32, '0')::uuid and not c.is_deleted and t.user_id = lpad(:u::text, 32, '0')::uuid and t.terms @@ :query::tsquery limit 10001) counted) as total, c.rank, c.list_time, c.id, c.user_id, c.title, c.created_at, c.updated_at, c.visibility, c.model_id, c.sandbox_id, c.is_deleted, c.deleted_at, c.last_context, c.change_seq
from chatkeep.user_head h
left join lateral (
    select *
    from (select c.*, case when starts_with(t.folded, :folded) then 2 when t.terms @@ :whole::tsquery then 1 else 0 end as rank, c.updated_at as list_time from chatkeep.chat c join chatkeep.chat_title t on t.user_id = c.user_id and t.chat_id = c.id where c.user_id = lpad(:u::text, 32, '0')::uuid and not c.is_deleted and t.user_id = lpad(:u::text, 32, '0')::uuid and t.terms @@ :query::tsquery) c
    order by rank desc, list_time desc, id
    limit 51 offset 0
) c on true
where h.user_id = lpad(:u::text, 32, '0')::uuid
order by c.rank desc, c.list_time desc, c.id;
