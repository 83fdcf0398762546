SELECT
    partition_date,
    total_revenue,
    total_transactions,
    conversion_rate,
    avg_order_value
FROM iceberg.gold.daily_sales_summary
ORDER BY partition_date DESC
LIMIT 7;
