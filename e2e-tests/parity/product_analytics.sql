-- gold.product_analytics from silver: every counted or summed figure, the windows by plain date conditions.
WITH paid AS (
  SELECT order_id, currency, day FROM purchases WHERE event_type = 'purchase'
  GROUP BY ALL HAVING sum(total_amount) > 0
),
sales AS (SELECT lines.* FROM lines SEMI JOIN paid USING (order_id, currency, day) WHERE event_type = 'purchase'),
views AS (SELECT day, product_id, visitor_id FROM events WHERE kind = 'page_view' AND product_id IS NOT NULL),
carts AS (SELECT day, product_id, visitor_id FROM events WHERE kind = 'add_to_cart'),
updates AS (SELECT *, make_timestamp(epoch_us(timestamp))::DATE AS day FROM silver_product_updates),
keys AS (
  SELECT DISTINCT d.day, product_id FROM days AS d JOIN (
    SELECT day, day AS until, product_id FROM views UNION ALL SELECT day, day, product_id FROM carts
    UNION ALL SELECT day, day + 27, product_id FROM lines UNION ALL SELECT day, day + 27, product_id FROM updates
  ) AS seen ON d.day BETWEEN seen.day AND seen.until
),
figures AS (
SELECT k.day AS partition_date, k.product_id,
  (SELECT count(*) FROM views v WHERE v.day = k.day AND v.product_id = k.product_id) AS total_views,
  (SELECT count(DISTINCT visitor_id) FROM views v WHERE v.day = k.day AND v.product_id = k.product_id) AS unique_viewers,
  (SELECT count(*) FROM carts c WHERE c.day = k.day AND c.product_id = k.product_id) AS cart_adds,
  (SELECT count(DISTINCT order_id) FROM sales s
    WHERE s.day = k.day AND s.product_id = k.product_id AND currency = getvariable('base')) AS total_purchases,
  (SELECT count(DISTINCT visitor_id) FROM sales s WHERE s.day = k.day AND s.product_id = k.product_id) AS purchasers,
  (SELECT count(DISTINCT visitor_id) FROM sales s SEMI JOIN views v USING (day, product_id, visitor_id)
    WHERE s.day = k.day AND s.product_id = k.product_id) AS viewers_who_bought,
  (SELECT count(DISTINCT visitor_id) FROM sales s ANTI JOIN views v USING (day, product_id, visitor_id)
    WHERE s.day = k.day AND s.product_id = k.product_id) AS direct_purchasers,
  (SELECT coalesce(sum(quantity), 0)::BIGINT FROM sales s
    WHERE s.day = k.day AND s.product_id = k.product_id AND currency = getvariable('base')) AS units_sold,
  (SELECT coalesce(sum(total_price), 0)::DECIMAL(28, 4) FROM sales s
    WHERE s.day = k.day AND s.product_id = k.product_id AND currency = getvariable('base')) AS revenue,
  (SELECT coalesce(sum(total_price), 0)::DECIMAL(28, 4) FROM lines r WHERE r.day = k.day AND event_type = 'refund'
     AND r.product_id = k.product_id AND currency = getvariable('base')) AS refunds,
  (SELECT coalesce(sum(quantity), 0)::BIGINT FROM sales s
    WHERE s.day = k.day AND s.product_id = k.product_id AND currency <> getvariable('base')) AS other_currency_units,
  (SELECT coalesce(sum(quantity), 0)::BIGINT FROM sales s
    WHERE s.day BETWEEN k.day - 27 AND k.day AND s.product_id = k.product_id) AS units_28d,
  (SELECT coalesce(sum(total_price), 0)::DECIMAL(28, 4) FROM sales s
    WHERE s.day BETWEEN k.day - 27 AND k.day AND s.product_id = k.product_id AND currency = getvariable('base')) AS revenue_28d,
  (SELECT arg_max(greatest(inventory, 0), epoch_us(timestamp)::VARCHAR || event_id) FROM updates u
    WHERE u.day BETWEEN k.day - 27 AND k.day AND u.product_id = k.product_id AND inventory IS NOT NULL) AS ending_units,
  (SELECT arg_max(rating, epoch_us(timestamp)::VARCHAR || event_id) FROM updates u
    WHERE u.day BETWEEN k.day - 27 AND k.day AND u.product_id = k.product_id AND rating IS NOT NULL) AS rating
FROM keys AS k)
SELECT *, half_up(viewers_who_bought, unique_viewers, 6) AS "conversion_rate*6",
       half_up((revenue * 10000)::HUGEINT, units_sold, 0) AS "avg_price*4"
FROM figures
