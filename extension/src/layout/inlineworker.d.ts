/** A worker whose code is part of the bundle; building it fails where a page allows none. */
declare module "*.ts?worker&inline" {
	const Inline: new () => Worker;
	export default Inline;
}
