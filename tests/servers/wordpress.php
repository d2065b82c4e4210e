<?php
// Installs WordPress with one post of our own, and prints an application password of its admin.
define('WP_INSTALLING', true);
$_SERVER['HTTP_HOST'] = getenv('HOST');
$_SERVER['SERVER_PROTOCOL'] = 'HTTP/1.1';
require __DIR__ . '/site/wp-load.php';
require ABSPATH . 'wp-admin/includes/upgrade.php';
wp_install('Harbor Coffee Notes', 'admin', 'admin@example.com', true, '', wp_generate_password());
update_option('timezone_string', 'America/New_York');  // so that local times and UTC differ, and an hour comes twice
wp_delete_post(1, true);
wp_delete_post(2, true);  // of today, so that no comment of ours would change the Last-Modified of the feeds
wp_insert_post([
    'post_title' => 'Harbor Coffee opens at the pier',
    'post_content' => '<p>Harbor Coffee roasts its beans &amp; opens on Monday.</p>',
    'post_status' => 'publish', 'post_author' => 1, 'post_date_gmt' => '2026-09-01 08:00:00',
]);
echo WP_Application_Passwords::create_new_application_password(1, ['name' => 'tests'])[0];
