-- gold.customer_days from silver, by another engine: plain joins and counts instead of windows over narrow frames.
WITH purchase_days AS (
  SELECT order_id, currency, day, max(nullif(user_id, '')) AS user_id, sum(total_amount) AS gross,
         sum(coalesce(discount_amount, 0)) AS discounts,
         sum(list_sum(list_transform(items, lambda x: x.quantity))) AS units
  FROM purchases WHERE event_type = 'purchase' GROUP BY ALL
),
orders AS (
  SELECT now.*, now.currency = getvariable('base') AS is_base,
         now.gross > 0 AND coalesce(eve.gross, 0) <= 0 AS is_order,
         now.gross = 0 AND eve.order_id IS NULL AS is_zero
  FROM purchase_days AS now
  LEFT JOIN purchase_days AS eve
    ON eve.order_id = now.order_id AND eve.currency = now.currency AND eve.day = now.day - 1
),
bought AS (
  SELECT day, user_id,
         count(*) FILTER (is_base AND is_order) AS orders,
         count(*) FILTER (is_zero) AS zero_value_orders,
         sum(gross) FILTER (is_base) AS gross_revenue,
         sum(discounts) FILTER (is_base AND gross > 0) AS discounts,
         sum(units) FILTER (is_base AND gross > 0) AS units,
         count(*) FILTER (NOT is_base AND is_order) AS other_currency_orders
  FROM orders WHERE user_id IS NOT NULL GROUP BY ALL
),
refunded AS (
  SELECT day, nullif(user_id, '') AS user_id,
         sum(total_amount) FILTER (currency = getvariable('base')) AS refunds,
         count(*) FILTER (currency = getvariable('base')) AS refund_count,
         count(*) FILTER (currency <> getvariable('base')) AS other_currency_refunds
  FROM purchases WHERE event_type = 'refund' AND nullif(user_id, '') IS NOT NULL GROUP BY ALL
),
browsed AS (
  SELECT day, user_id,
         count(*) FILTER (kind = 'page_view') AS page_views,
         count(DISTINCT product_id) FILTER (kind = 'page_view') AS products_viewed,
         count(*) FILTER (kind = 'add_to_cart') AS cart_adds
  FROM events WHERE user_id IS NOT NULL GROUP BY ALL
),
visited AS (
  SELECT first_day AS day, user_id, count(*) AS sessions, count(*) FILTER (is_engaged) AS engaged_sessions
  FROM sessions JOIN session_users USING (session_key) GROUP BY ALL
),
foreign_codes AS (
  SELECT day, user_id, list_sort(list(DISTINCT currency)) AS other_currencies FROM (
    SELECT day, user_id, currency FROM orders
    UNION ALL SELECT day, nullif(user_id, ''), currency FROM purchases WHERE event_type = 'refund')
  WHERE currency <> getvariable('base') AND user_id IS NOT NULL GROUP BY ALL
),
keys AS (
  SELECT day, user_id FROM bought UNION SELECT day, user_id FROM refunded
  UNION SELECT day, user_id FROM browsed UNION SELECT day, user_id FROM visited
)
SELECT day AS partition_date, user_id,
       coalesce(orders, 0) AS orders, coalesce(zero_value_orders, 0) AS zero_value_orders,
       coalesce(gross_revenue, 0)::DECIMAL(28, 4) AS gross_revenue, coalesce(refunds, 0)::DECIMAL(28, 4) AS refunds,
       coalesce(refund_count, 0) AS refund_count, coalesce(discounts, 0)::DECIMAL(28, 4) AS discounts,
       coalesce(units, 0)::BIGINT AS units, coalesce(page_views, 0) AS page_views,
       coalesce(products_viewed, 0) AS products_viewed, coalesce(cart_adds, 0) AS cart_adds,
       coalesce(sessions, 0) AS sessions, coalesce(engaged_sessions, 0) AS engaged_sessions,
       coalesce(other_currency_orders, 0) AS other_currency_orders,
       coalesce(other_currency_refunds, 0) AS other_currency_refunds, coalesce(other_currencies, []) AS other_currencies
FROM keys
LEFT JOIN bought USING (day, user_id) LEFT JOIN refunded USING (day, user_id) LEFT JOIN browsed USING (day, user_id)
LEFT JOIN visited USING (day, user_id) LEFT JOIN foreign_codes USING (day, user_id)
WHERE day IN (SELECT day FROM days)
