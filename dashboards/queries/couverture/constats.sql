SELECT CASE kind WHEN 'stock_smaller_than_moves' THEN 'parc plus petit que ses départs'
        WHEN 'moves_without_stock_here' THEN 'mouvements sans parc ici' WHEN 'moves_without_stock' THEN 'mouvements sans parc'
        WHEN 'coverage_over_100' THEN 'plus de logements que le RPLS'
        WHEN 'declaration_back_in_time' THEN 'déclaration qui recule'
        WHEN 'stock_not_as_expected' THEN 'parc inattendu'
        WHEN 'counts_only' THEN 'comptes au lieu de mouvements' ELSE kind END AS "Constat",
    landlord_name AS "Bailleur", finding.name AS "Territoire", code AS "Code", level AS niveau,
    staff.month_start(month) AS "Mois", message_fr AS "Ce qui ne va pas"
FROM staff.finding
ORDER BY kind, landlord_name, code LIMIT 200
