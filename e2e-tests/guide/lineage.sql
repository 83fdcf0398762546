-- Verify medallion architecture data flow:

-- Bronze → Silver data lineage
SELECT
    'bronze' as layer,
    event_type,
    COUNT(*) as record_count,
    MAX(processing_time) as latest_processing
FROM iceberg.bronze.raw_events
GROUP BY event_type

UNION ALL

SELECT
    'silver' as layer,
    'page_view' as event_type,
    COUNT(*) as record_count,
    MAX(processing_time) as latest_processing
FROM iceberg.silver.page_views

UNION ALL

SELECT
    'silver' as layer,
    'purchase' as event_type,
    COUNT(*) as record_count,
    MAX(processing_time) as latest_processing
FROM iceberg.silver.purchases;
