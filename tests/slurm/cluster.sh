#!/usr/bin/env bash
# A real SLURM on this one machine, for the tests: controller, accounting, five nodes, stand-in GPUs.
#
#   tests/slurm/cluster.sh up       bring it up, or what of it is missing (idempotent)
#   tests/slurm/cluster.sh down     end what `up` started, by process id, and take its files away
#   tests/slurm/cluster.sh node up|down NAME    start or stop one node's daemon
#
# Everything listens on loopback only and lives in $SLURM_BOX. Needs root (daemons, munge, /etc/slurm) and a Debian-like
# system, whose packages it installs if they are missing. ACCOUNTING=0 leaves the accounting daemon and its data base out.
set -euo pipefail
BOX=${SLURM_BOX:-/tmp/isogloss-slurm}
ACCOUNTING=${ACCOUNTING:-1}
NODES="c1 c2 g1 g2 g3"

fail() { echo "cluster.sh: $*" >&2; exit 1; }

# alive PIDFILE NAME: whether the process that PIDFILE names runs and is the daemon NAME
alive() { [ -s "$1" ] && [ "$(cat "/proc/$(cat "$1" 2>/dev/null)/comm" 2>/dev/null)" = "$2" ]; }

await() {
  local end=$((SECONDS + 30))
  until "$@" >/dev/null 2>&1; do
    if [ $SECONDS -ge $end ]; then
      tail -n 5 "$BOX"/log/*.log >&2
      fail "not within 30 s: $*"
    fi
    sleep 0.1
  done
}

install_packages() {
  local packages="slurm-wlm munge" programs="slurmctld slurmd munged" missing=
  if [ "$ACCOUNTING" = 1 ]; then
    packages="$packages slurmdbd mariadb-server"
    programs="$programs slurmdbd mariadbd mariadb-install-db"
  fi
  for program in $programs; do command -v "$program" >/dev/null || missing="$missing $program"; done
  [ -z "$missing" ] && return
  command -v apt-get >/dev/null || fail "missing:$missing. Install your system's packages of SLURM, munge and MariaDB."
  # The packages' own services must not start; the file is taken away again only if it was not there before.
  local policy=/usr/sbin/policy-rc.d mine=
  [ -e $policy ] || { mine=1; printf '#!/bin/sh\nexit 101\n' >$policy; chmod +x $policy; }
  local done=0
  DEBIAN_FRONTEND=noninteractive apt-get update -qq >"$BOX/log/apt.log" 2>&1 &&
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages >>"$BOX/log/apt.log" 2>&1 ||
    done=1
  [ -z "$mine" ] || rm -f $policy
  [ $done = 0 ] || { tail -n 5 "$BOX/log/apt.log" >&2; fail "apt-get could not install $packages"; }
}

write_configuration() {
  local local_only= storage
  # Slurm resolves the machine's own name to bind to; where that is loopback it can be told to bind nowhere else.
  [ "$(getent ahostsv4 "$(hostname)" | awk 'NR==1{print $1}')" = 127.0.0.1 ] &&
    local_only=CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
  if [ "$ACCOUNTING" = 1 ]; then
    storage="AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort=17819
AccountingStoragePass=$BOX/munge/munge.socket.2
AccountingStorageTRES=gres/gpu
AccountingStoreFlags=job_comment
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=1
JobAcctGatherParams=OverMemoryKill"
  else
    storage="AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none"
  fi
  # SLURM wants character devices as GPUs; /dev/null's numbers do.
  for i in {0..7}; do [ -c "$BOX/dev/nvidia$i" ] || mknod -m 666 "$BOX/dev/nvidia$i" c 1 3; done
  echo "NodeName=g[1-3] Name=gpu File=$BOX/dev/nvidia[0-7]" >"$BOX/etc/gres.conf"
  cat >"$BOX/etc/slurm.conf" <<C
ClusterName=box
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort=17817
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$BOX/munge/munge.socket.2
$local_only
StateSaveLocation=$BOX/state
SlurmdSpoolDir=$BOX/run/spool-%n
SlurmctldPidFile=$BOX/run/slurmctld.pid
SlurmdPidFile=$BOX/run/slurmd-%n.pid
SlurmctldLogFile=$BOX/log/slurmctld.log
SlurmdLogFile=$BOX/log/slurmd-%n.log
SlurmdParameters=config_overrides
SlurmdTimeout=10
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
MailProg=/bin/true
ReturnToService=2
SchedulerType=sched/backfill
SchedulerParameters=bf_interval=5,sched_min_interval=100000
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
DefMemPerCPU=100
MinJobAge=300
KillWait=2
OverTimeLimit=0
MaxArraySize=1001
GresTypes=gpu
$storage
NodeName=DEFAULT CPUs=16 RealMemory=32000 State=UNKNOWN
NodeName=c1 NodeHostname=localhost NodeAddr=127.0.0.1 Port=17821
NodeName=c2 NodeHostname=localhost NodeAddr=127.0.0.1 Port=17822
NodeName=g1 NodeHostname=localhost NodeAddr=127.0.0.1 Port=17823 Gres=gpu:8
NodeName=g2 NodeHostname=localhost NodeAddr=127.0.0.1 Port=17824 Gres=gpu:8
NodeName=g3 NodeHostname=localhost NodeAddr=127.0.0.1 Port=17825 Gres=gpu:8
PartitionName=cpu Nodes=c1,c2 Default=YES MaxTime=1-00:00:00 DefaultTime=10
PartitionName=gpu Nodes=g1 MaxTime=1-00:00:00 DefaultTime=10
PartitionName=shaky Nodes=g2 MaxTime=1-00:00:00 DefaultTime=10
PartitionName=scavenge Nodes=g3 MaxTime=1-00:00:00 DefaultTime=10
PartitionName=urgent Nodes=g3 MaxTime=1-00:00:00 DefaultTime=10 PriorityTier=10
C
  # Job steps forget SLURM_CONF, so the configuration must stand where SLURM looks for it.
  mkdir -p /etc/slurm
  local name
  for name in slurm.conf gres.conf; do
    [ ! -e /etc/slurm/$name ] || [ -L /etc/slurm/$name ] || fail "/etc/slurm/$name is of another SLURM; not touched"
    ln -sfn "$BOX/etc/$name" /etc/slurm/$name
  done
}

start_munge() {
  [ -s "$BOX/munge/munge.key" ] || (umask 077; head -c 1024 /dev/urandom >"$BOX/munge/munge.key")
  alive "$BOX/munge/munged.pid" munged ||
    munged --force -S "$BOX/munge/munge.socket.2" --key-file="$BOX/munge/munge.key" \
      --pid-file="$BOX/munge/munged.pid" --log-file="$BOX/log/munged.log" --seed-file="$BOX/munge/munged.seed"
}

sql() { mariadb --no-defaults -S "$BOX/run/mysql.sock" -u root "$@"; }

start_accounting() {
  chmod 1777 "$BOX/run"
  if [ ! -d "$BOX/mysql/mysql" ]; then
    install -d -o mysql -g mysql "$BOX/mysql"
    mariadb-install-db --no-defaults --user=mysql --datadir="$BOX/mysql" --skip-test-db >"$BOX/log/install-db.log" 2>&1
  fi
  if ! alive "$BOX/run/mariadb.pid" mariadbd; then
    setsid mariadbd --no-defaults --user=mysql --datadir="$BOX/mysql" --socket="$BOX/run/mysql.sock" \
      --pid-file="$BOX/run/mariadb.pid" --bind-address=127.0.0.1 --port=17806 --innodb-lock-wait-timeout=900 \
      --innodb-buffer-pool-size=128M --innodb-flush-log-at-trx-commit=0 >"$BOX/log/mariadb.log" 2>&1 </dev/null &
    await sql -e 'select 1'
  fi
  sql -e "create database if not exists slurm_acct_db; create user if not exists slurm@'127.0.0.1' identified by 'slurm';
          grant all on slurm_acct_db.* to slurm@'127.0.0.1';"
  cat >"$BOX/etc/slurmdbd.conf" <<C
AuthType=auth/munge
AuthInfo=socket=$BOX/munge/munge.socket.2
DbdHost=localhost
DbdAddr=127.0.0.1
DbdPort=17819
SlurmUser=root
PidFile=$BOX/run/slurmdbd.pid
LogFile=$BOX/log/slurmdbd.log
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort=17806
StorageUser=slurm
StoragePass=slurm
StorageLoc=slurm_acct_db
C
  grep -h ^CommunicationParameters "$BOX/etc/slurm.conf" >>"$BOX/etc/slurmdbd.conf" || true
  chmod 600 "$BOX/etc/slurmdbd.conf"
  ln -sfn "$BOX/etc/slurmdbd.conf" /etc/slurm/slurmdbd.conf
  alive "$BOX/run/slurmdbd.pid" slurmdbd || slurmdbd
  await sacctmgr -n show cluster
  sacctmgr -n show cluster format=cluster | grep -qw box || sacctmgr -i add cluster box >/dev/null
  sacctmgr -n show account format=account | grep -qw lab || sacctmgr -i add account lab cluster=box >/dev/null
  sacctmgr -n show assoc user=root format=user | grep -qw root ||
    sacctmgr -i add user root account=lab cluster=box >/dev/null
}

start_node() { alive "$BOX/run/slurmd-$1.pid" slurmd || slurmd -N "$1"; }

all_ready() { [ "$(sinfo -h -N -t idle,mix,alloc -o %N | sort -u | wc -l)" = 5 ]; }

# stop NAME PIDFILE...: ask all of them to end, wait, and end what is left after 20 s
stop() {
  local name=$1 file end=$((SECONDS + 20))
  shift
  for file; do alive "$file" "$name" && kill "$(cat "$file")"; done
  for file; do
    while alive "$file" "$name"; do
      [ $SECONDS -lt $end ] || kill -9 "$(cat "$file")" || true
      sleep 0.1
    done
    rm -f "$file"
  done
}

up() {
  [ "$(id -u)" = 0 ] || fail "needs root: SLURM's daemons start jobs for other users, and read /etc/slurm"
  mkdir -p "$BOX"/{etc,run,log,state,munge,dev}
  chmod 755 "$BOX" "$BOX"/*
  install_packages
  write_configuration
  unset SLURM_CONF
  start_munge
  [ "$ACCOUNTING" = 0 ] || start_accounting
  alive "$BOX/run/slurmctld.pid" slurmctld || slurmctld
  for node in $NODES; do start_node "$node"; done
  await all_ready
  sinfo -h -o '%P %N %c CPUs %m MB %G %T'
}

down() {
  if alive "$BOX/run/slurmctld.pid" slurmctld; then
    timeout 20 scancel --partition=cpu,gpu,shaky,scavenge,urgent || true
    local end=$((SECONDS + 15))
    while [ -n "$(timeout 5 squeue -h || true)" ] && [ $SECONDS -lt $end ]; do sleep 0.2; done
  fi
  stop slurmctld "$BOX/run/slurmctld.pid" || true
  for node in $NODES; do stop slurmd "$BOX/run/slurmd-$node.pid" || true; done
  stop slurmdbd "$BOX/run/slurmdbd.pid" || true
  stop mariadbd "$BOX/run/mariadb.pid" || true
  stop munged "$BOX/munge/munged.pid" || true
  for name in slurm gres slurmdbd; do
    [ "$(readlink /etc/slurm/$name.conf)" != "$BOX/etc/$name.conf" ] || rm /etc/slurm/$name.conf
  done
  rm -rf "$BOX"
}

case "${1:-} ${2:-}" in
  "up ") up ;;
  "down ") down ;;
  "node up") start_node "$3" ;;
  "node down") stop slurmd "$BOX/run/slurmd-$3.pid" || true ;;
  *) fail "say up, down, node up NAME or node down NAME" ;;
esac
