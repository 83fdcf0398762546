-- gold.daily_sales_summary from silver; rates as millionths and the average as ten-thousandths, in whole numbers.
WITH order_days AS (
  SELECT order_id, currency, day, max(nullif(user_id, '')) AS user_id, sum(total_amount) AS gross,
         sum(discount_amount) AS discounts, sum(shipping_amount) AS shipping, sum(tax_amount) AS tax,
         sum(list_sum(list_transform(items, lambda x: x.quantity))) AS units,
         arg_min(payment_method, epoch_us(timestamp)::VARCHAR || event_id) AS method
  FROM purchases WHERE event_type = 'purchase' GROUP BY ALL
),
paid AS (SELECT * FROM order_days WHERE gross > 0),
counted AS (
  SELECT * FROM paid WHERE (order_id, currency, day - 1) NOT IN (SELECT (order_id, currency, day) FROM paid)
),
per_day AS (
  SELECT day,
    (SELECT coalesce(sum(total_amount), 0) FROM purchases p
      WHERE p.day = d.day AND event_type = 'purchase' AND currency = getvariable('base')) AS gross,
    (SELECT coalesce(sum(total_amount), 0) FROM purchases p
      WHERE p.day = d.day AND event_type = 'refund' AND currency = getvariable('base')) AS refunds,
    (SELECT count(*) FROM counted c WHERE c.day = d.day AND currency = getvariable('base')) AS transactions,
    (SELECT count(*) FROM sessions s WHERE s.first_day = d.day) AS sessions,
    (SELECT count(*) FROM sessions s WHERE s.first_day = d.day AND is_converted) AS converted,
    (SELECT count(DISTINCT visitor_id) FROM events e WHERE e.day = d.day) AS visitors,
    (SELECT count(DISTINCT visitor_id) FROM events e WHERE e.day = d.day AND is_purchase) AS purchasers,
    (SELECT coalesce(sum(total_amount), 0) FROM purchases p WHERE p.day = d.day AND event_type = 'refund'
        AND currency = getvariable('base') AND nullif(user_id, '') IS NULL) AS guest_refunds,
    (SELECT coalesce(sum(gross), 0) FROM order_days o
      WHERE o.day = d.day AND currency = getvariable('base') AND user_id IS NULL) AS guest_gross
  FROM days AS d
),
first_orders AS (SELECT user_id, min(day) AS first_day FROM counted WHERE user_id IS NOT NULL GROUP BY ALL)
SELECT day AS partition_date,
  (gross - refunds)::DECIMAL(28, 4) AS total_revenue, gross::DECIMAL(28, 4) AS gross_revenue,
  refunds::DECIMAL(28, 4) AS refunds,
  (SELECT coalesce(sum(discounts), 0)::DECIMAL(28, 4) FROM paid p WHERE p.day = d.day AND currency = getvariable('base')) AS discounts,
  (SELECT coalesce(sum(shipping), 0)::DECIMAL(28, 4) FROM paid p WHERE p.day = d.day AND currency = getvariable('base')) AS shipping,
  (SELECT coalesce(sum(tax), 0)::DECIMAL(28, 4) FROM paid p WHERE p.day = d.day AND currency = getvariable('base')) AS tax,
  transactions AS total_transactions,
  (SELECT count(*) FROM order_days z WHERE z.day = d.day AND gross = 0
     AND (order_id, currency, day - 1) NOT IN (SELECT (order_id, currency, day) FROM order_days)) AS zero_value_orders,
  (SELECT coalesce(sum(units), 0)::BIGINT FROM paid p WHERE p.day = d.day AND currency = getvariable('base')) AS units,
  half_up((gross * 10000)::HUGEINT, transactions, 0) AS "avg_order_value*4",
  visitors, purchasers, half_up(purchasers, visitors, 6) AS "conversion_rate*6",
  sessions, (SELECT count(*) FROM sessions s WHERE s.first_day = d.day AND is_engaged) AS engaged_sessions,
  converted AS converted_sessions, half_up(converted, sessions, 6) AS "session_conversion_rate*6",
  half_up(transactions, sessions, 6) AS "transactions_per_session*6",
  (SELECT count(*) FROM first_orders f WHERE f.first_day = d.day) AS new_customers,
  (SELECT count(DISTINCT user_id) FROM counted c JOIN first_orders f USING (user_id)
    WHERE c.day = d.day AND first_day < d.day) AS returning_customers,
  (SELECT count(*) FROM counted c WHERE c.day = d.day AND currency = getvariable('base') AND user_id IS NULL) AS guest_orders,
  (guest_gross - guest_refunds)::DECIMAL(28, 4) AS guest_revenue,
  (SELECT method FROM counted c WHERE c.day = d.day AND currency = getvariable('base') AND method IS NOT NULL
    GROUP BY method ORDER BY count(*) DESC, sum(gross) DESC, method LIMIT 1) AS top_payment_method,
  (SELECT count(*) FROM counted c WHERE c.day = d.day AND currency <> getvariable('base')) AS other_currency_orders,
  (SELECT coalesce(list_sort(list(DISTINCT currency)), []) FROM purchases p
    WHERE p.day = d.day AND currency <> getvariable('base')) AS other_currencies
FROM per_day AS d
WHERE visitors > 0
