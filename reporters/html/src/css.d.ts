// esbuild collects imported style sheets into the page's one style element.
declare module "*.css";
