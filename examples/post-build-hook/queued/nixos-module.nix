# The queued post-build hook on NixOS: see README.md beside this file.
#
#     imports = [ ./nixos-module.nix ];
#     services.nix-upload-queue = {
#       enable = true;
#       package = pkgs.callPackage ./nix-upload-queue.nix { };
#       secretKeyFiles.cache-key = "/etc/nix/key.private";
#       targets.main.cache = "s3://example-nix-cache?region=eu-central-1";
#     };
{ config, lib, ... }:

let
  inherit (lib)
    boolToString
    concatStrings
    concatStringsSep
    filterAttrs
    mapAttrsToList
    mkEnableOption
    mkIf
    mkOption
    optionalAttrs
    types
    ;

  cfg = config.services.nix-upload-queue;

  # A setting of upload-queue.conf; lists are words.
  value = types.nullOr (
    types.oneOf [
      types.bool
      types.int
      types.str
      (types.listOf types.str)
    ]
  );
  show =
    v:
    if builtins.isBool v then
      boolToString v
    else if builtins.isList v then
      concatStringsSep " " v
    else
      toString v;
  lines =
    settings:
    concatStrings (mapAttrsToList (name: v: "${name} = ${show v}\n") (filterAttrs (_: v: v != null) settings));

  credentials = "/run/credentials/nix-upload-queue.service";
  common =
    {
      queue-dir = cfg.queueDir;
      gc-roots-dir = cfg.gcRootsDir;
      listen = cfg.listen;
    }
    // optionalAttrs (cfg.secretKeyFiles != { }) {
      secret-key-files = mapAttrsToList (name: _: "${credentials}/${name}") cfg.secretKeyFiles;
    }
    // cfg.settings;
  serviceConf =
    lines common + concatStrings (mapAttrsToList (name: target: "\n[${name}]\n" + lines target) cfg.targets);
  hookConf = lines (
    {
      queue-dir = cfg.queueDir;
      gc-roots-dir = cfg.gcRootsDir;
    }
    // cfg.hookSettings
  );

  uploadQueue = "${cfg.package}/bin/upload-queue --config /etc/nix/upload-queue.conf";
in
{
  options.services.nix-upload-queue = {
    enable = mkEnableOption "uploading of everything that Nix builds, by a queue";

    package = mkOption {
      type = types.either types.package types.path;
      description = "What has `upload-queue`, `enqueue-upload` and `enqueue-upload.sh` in `bin`.";
    };

    hook = mkOption {
      type = types.enum [
        "sh"
        "node"
      ];
      default = "sh";
      description = "Which of the two hooks Nix runs: `enqueue-upload.sh`, or `enqueue-upload`, which needs Node.js.";
    };

    targets = mkOption {
      type = types.attrsOf (types.attrsOf value);
      default = { };
      description = "Caches, by name: the settings of a target in `upload-queue.conf`, at least `cache`.";
    };

    settings = mkOption {
      type = types.attrsOf value;
      default = { };
      description = "Settings before the first section of `upload-queue.conf`. They are in the Nix store: no passwords.";
    };

    hookSettings = mkOption {
      type = types.attrsOf value;
      default = { };
      description = "More of `enqueue-upload.conf`: `strict` and `tags`.";
    };

    secretKeyFiles = mkOption {
      type = types.attrsOf types.str;
      default = { };
      description = "Files of secret keys, by a name. They stay root's: systemd hands the service a copy. All targets sign with all of them, unless they set `secret-key-files`.";
    };

    environmentFile = mkOption {
      type = types.nullOr types.str;
      default = null;
      description = "Environment of the service, such as AWS_ACCESS_KEY_ID; a file for root alone.";
    };

    queueDir = mkOption {
      type = types.str;
      default = "/var/spool/nix-upload";
      description = "Where the queues are.";
    };

    gcRootsDir = mkOption {
      type = types.str;
      default = "/nix/var/nix/gcroots/nix-upload";
      description = "Where the links are that keep queued paths; below gcroots.";
    };

    listen = mkOption {
      type = types.nullOr types.str;
      default = null;
      description = "Address and port of metrics and health, such as 127.0.0.1:9180.";
    };

    user = mkOption {
      type = types.str;
      default = "nix-upload";
      description = "Whom the service runs as.";
    };

    group = mkOption {
      type = types.str;
      default = "nix-upload";
      description = "The group of the directories that hook and service share.";
    };
  };

  config = mkIf cfg.enable {
    assertions = [
      {
        assertion = cfg.targets != { };
        message = "services.nix-upload-queue.targets: name at least one cache";
      }
    ];

    nix.settings.post-build-hook = "/etc/nix/enqueue-upload";

    environment.etc = {
      # Both hooks read enqueue-upload.conf, which is looked for beside the name by which they are called.
      "nix/enqueue-upload".source =
        "${cfg.package}/bin/enqueue-upload" + (if cfg.hook == "sh" then ".sh" else "");
      "nix/enqueue-upload.conf".text = hookConf;
      "nix/upload-queue".source = "${cfg.package}/bin/upload-queue";
      "nix/upload-queue.conf".text = serviceConf;
    };

    users.users.${cfg.user} = {
      isSystemUser = true;
      group = cfg.group;
      description = "Nix upload queue";
    };
    users.groups.${cfg.group} = { };

    systemd.tmpfiles.rules = [
      "d ${cfg.queueDir} 2750 root ${cfg.group} -"
      "d ${cfg.gcRootsDir} 2750 root ${cfg.group} -"
    ];

    # As systemd/nix-upload-queue.service, which has the reasons.
    systemd.services.nix-upload-queue = {
      description = "Upload Nix builds to binary caches";
      wantedBy = [ "multi-user.target" ];
      wants = [
        "network-online.target"
        "nix-daemon.socket"
      ];
      after = [
        "network-online.target"
        "nix-daemon.socket"
        "systemd-tmpfiles-setup.service"
      ];
      startLimitIntervalSec = 600;
      startLimitBurst = 10;
      # Compressors, and the programs of Nix where the daemon does not answer.
      path = [ "/run/current-system/sw" ];
      reloadTriggers = [ (builtins.hashString "sha256" serviceConf) ];
      serviceConfig =
        {
          Type = "exec";
          User = cfg.user;
          Group = cfg.group;
          UMask = "0007";
          ExecStartPre = "+${uploadQueue} init --group ${cfg.group}";
          ExecStart = "${uploadQueue} serve";
          ExecReload = "/run/current-system/sw/bin/kill -HUP $MAINPID";
          Restart = "on-failure";
          RestartSec = "5s";
          LoadCredential = mapAttrsToList (name: file: "${name}:${file}") cfg.secretKeyFiles;
          KillSignal = "SIGTERM";
          KillMode = "mixed";
          TimeoutStopSec = "45s";
          ProtectSystem = "strict";
          ReadWritePaths = [
            cfg.queueDir
            cfg.gcRootsDir
          ];
          ProtectHome = true;
          PrivateTmp = true;
          PrivateDevices = true;
          RemoveIPC = true;
          NoNewPrivileges = true;
          CapabilityBoundingSet = "";
          AmbientCapabilities = "";
          RestrictSUIDSGID = true;
          PrivateUsers = true;
          LockPersonality = true;
          RestrictRealtime = true;
          RestrictNamespaces = true;
          SystemCallArchitectures = "native";
          SystemCallFilter = [
            "@system-service"
            "~@privileged @resources"
          ];
          SystemCallErrorNumber = "EPERM";
          RestrictAddressFamilies = [
            "AF_UNIX"
            "AF_INET"
            "AF_INET6"
          ];
          ProtectKernelTunables = true;
          ProtectKernelModules = true;
          ProtectKernelLogs = true;
          ProtectControlGroups = true;
          ProtectClock = true;
          ProtectHostname = true;
          MemoryMax = "1G";
          TasksMax = 256;
          Nice = 10;
          IOSchedulingClass = "idle";
        }
        // optionalAttrs (cfg.environmentFile != null) { EnvironmentFile = cfg.environmentFile; };
    };
  };
}
