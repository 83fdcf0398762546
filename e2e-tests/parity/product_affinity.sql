-- gold.product_affinity: a self join of the month's orders and what is in them.
WITH paid AS (
  SELECT order_id, currency, day FROM purchases WHERE event_type = 'purchase' GROUP BY ALL HAVING sum(total_amount) > 0
),
goods AS (
  SELECT DISTINCT date_trunc('month', day)::DATE AS month, order_id, product_id
  FROM lines JOIN paid USING (order_id, currency, day) WHERE event_type = 'purchase' AND product_id IS NOT NULL
    -- Postage, fees and what else shops book as lines.
    AND NOT regexp_full_match(product_id, '[DMSm]|C2|DOT|CRUK')
    AND NOT regexp_full_match(product_id, 'post(age)?|shipping|carriage|manual|discount|samples?|fees?|amazonfee|bank charges|adjust.*', 'i')
),
small AS (
  SELECT * FROM goods WHERE (month, order_id) IN (SELECT (month, order_id) FROM goods GROUP BY ALL HAVING count(*) <= 100)
),
every AS (SELECT month, count(DISTINCT order_id) AS orders FROM small GROUP BY ALL),
each AS (SELECT month, product_id, count(*) AS n FROM small GROUP BY ALL),
pairs AS (
  SELECT a.month, a.product_id AS product_a, b.product_id AS product_b, count(*) AS n
  FROM small AS a JOIN small AS b ON a.month = b.month AND a.order_id = b.order_id AND a.product_id < b.product_id
  GROUP BY ALL HAVING count(*) >= 5
)
SELECT pairs.month AS partition_date, product_a, product_b, orders, a.n AS orders_a, b.n AS orders_b, pairs.n AS orders_both,
  half_up(pairs.n, orders, 6) AS "support*6", half_up(pairs.n, a.n, 6) AS "confidence_a_to_b*6",
  half_up(pairs.n, b.n, 6) AS "confidence_b_to_a*6", half_up(pairs.n * orders, a.n * b.n, 6) AS "lift*6",
  half_up(pairs.n, a.n + b.n - pairs.n, 6) AS "jaccard*6"
FROM pairs JOIN every USING (month)
JOIN each AS a ON a.month = pairs.month AND a.product_id = product_a
JOIN each AS b ON b.month = pairs.month AND b.product_id = product_b
