//! What is measured: minuted and its peers as processes of their own, each before the same backend and with a folder of
//! its own. Each ends with its value.

use std::fs::{self, File};
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;
use tempfile::TempDir;
use uuid::Uuid;

use crate::load::Target;
use crate::requests::Kind;
use crate::wire::Connection;

/// How long a peer may take to answer for the first time; Python's takes a minute on a busy machine.
const PATIENCE: Duration = Duration::from_secs(150);

/// The build at hand.
pub const MINUTED: &str = env!("CARGO_BIN_EXE_minuted");

/// The peer whose commits wait for no disk.
pub const IN_MEMORY: &str = "minuted, ledger in memory";

pub struct Peer {
    pub name: &'static str,
    address: SocketAddr,
    key: Option<String>,
    process: Child,
    _folder: TempDir,
}

impl Peer {
    /// As it is sold: with a key, budgets looked at, and a ledger, which is in this folder.
    pub async fn minuted(name: &'static str, program: &Path, stub: SocketAddr, ledger: &Path) -> io::Result<Self> {
        let (folder, address) = (tempfile::tempdir_in(ledger)?, free()?);
        let backends = folder.path().join("backends.toml");
        let entry = "[[backend]]\nname = \"stub\"\nkind = \"vllm\"\nmodel = [{ id = \"small\" }]\n";
        fs::write(&backends, format!("{entry}url = \"http://{stub}/v1\"\n"))?;
        let config = folder.path().join("minuted.toml");
        // Nobody asks for a recording, and nobody shall recognise one in the middle of a measurement.
        let settings = "[status]\nprobe = false\n[gateway]\nbackends = \"backends.toml\"\n";
        fs::write(&config, format!("data_dir = \"data\"\n{settings}"))?;
        let command = |arguments: &[&str]| {
            let mut command = Command::new(program);
            // Whatever this process is told by `MINUTED_…` is none of a setting.
            command.env_clear().args(arguments).arg("--config").arg(&config);
            command
        };
        told(&mut command(&["accounts", "create", "acme", "--plan", "contract"]))?;
        let key = told(&mut command(&["keys", "create", "--account", "acme", "--quiet"]))?;
        let serve = command(&["serve", "--listen", &address.to_string()]);
        Self::start(name, serve, address, Some(key), folder).await
    }

    /// A plain pass to one upstream, without a log, a buffer of answers, or anything else that could be left out.
    pub async fn nginx(program: &Path, stub: SocketAddr) -> io::Result<Self> {
        let (folder, address) = (tempfile::tempdir()?, free()?);
        let configuration = format!(
            "daemon off; worker_processes auto; pid nginx.pid; error_log stderr warn;
            events {{ worker_connections 1024; }}
            http {{
                access_log off;
                client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path f; uwsgi_temp_path u;
                scgi_temp_path s;
                keepalive_requests 1000000000;
                upstream stub {{ server {stub}; keepalive 256; keepalive_requests 1000000000; }}
                server {{
                    listen {address};
                    location / {{
                        proxy_pass http://stub;
                        proxy_http_version 1.1;
                        proxy_set_header Connection \"\";
                        proxy_buffering off;
                    }}
                }}
            }}"
        );
        let path = folder.path().join("nginx.conf");
        fs::write(&path, configuration)?;
        let mut command = Command::new(program);
        command.arg("-p").arg(folder.path()).arg("-c").arg(path).args(["-e", "stderr"]);
        Self::start("nginx", command, address, None, folder).await
    }

    /// One worker of the proxy, as it starts by itself: without a database, and so without budgets and with the master's
    /// key alone.
    pub async fn litellm(program: &Path, stub: SocketAddr) -> io::Result<Self> {
        let (folder, address) = (tempfile::tempdir()?, free()?);
        let path = folder.path().join("config.yaml");
        let key = format!("sk-{}{}", Uuid::now_v7().simple(), Uuid::now_v7().simple());
        let configuration = json!({
            "model_list": [{
                "model_name": "small",
                "litellm_params": {
                    "model": "openai/small", "api_base": format!("http://{stub}/v1"), "api_key": "none",
                },
            }],
            "general_settings": {"master_key": key},
        });
        // JSON is YAML too.
        fs::write(&path, configuration.to_string())?;
        let mut command = Command::new(program);
        command.arg("--config").arg(path).args(["--host", "127.0.0.1", "--port", &address.port().to_string()]);
        command.args(["--telemetry", "False"]).env("LITELLM_LOCAL_MODEL_COST_MAP", "True");
        command.current_dir(folder.path());
        Self::start("LiteLLM", command, address, Some(key), folder).await
    }

    async fn start(
        name: &'static str,
        mut command: Command,
        address: SocketAddr,
        key: Option<String>,
        folder: TempDir,
    ) -> io::Result<Self> {
        let log = folder.path().join("log");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(&log)?);
        let process = command.process_group(0).spawn()?;
        let mut peer = Self { name, address, key, process, _folder: folder };
        let target = peer.target(Kind::Document);
        let begin = Instant::now();
        loop {
            let answer = async { Connection::open(address).await?.exchange(&target.request, |_| {}).await }.await;
            let Err(error) = answer else { return Ok(peer) };
            if peer.process.try_wait()?.is_some() || begin.elapsed() > PATIENCE {
                let log = fs::read_to_string(&log).unwrap_or_default();
                return Err(io::Error::other(format!("{name} does not answer: {error}\n{log}")));
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// The processes that it is.
    pub fn group(&self) -> u32 {
        self.process.id()
    }

    /// Where such a request is sent, with the key that the peer knows.
    pub fn target(&self, kind: Kind) -> Target {
        Target { address: self.address, request: kind.request(self.key.as_deref()) }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let group = format!("-{}", self.group());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
        let _ = self.process.wait();
    }
}

/// A port that nobody has now.
fn free() -> io::Result<SocketAddr> {
    TcpListener::bind("127.0.0.1:0")?.local_addr()
}

/// What a command prints.
fn told(command: &mut Command) -> io::Result<String> {
    let output = command.output()?;
    if !output.status.success() {
        return Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
