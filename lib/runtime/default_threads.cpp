#include <sched.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <utility>

#include "ondol/runtime.hpp"

namespace ondol {
namespace {

/// Physical cores among the CPUs of the affinity mask: hyper-threads share one (Linux: topology files in sysfs).
int physical_cores(const cpu_set_t& mask, int cpus) {
  std::set<std::pair<int, int>> cores;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &mask)) continue;
    const std::string topology = "/sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/topology/";
    int package = 0;
    int core = 0;
    if (!(std::ifstream(topology + "physical_package_id") >> package)) return cpus;
    if (!(std::ifstream(topology + "core_id") >> core)) return cpus;
    cores.emplace(package, core);
  }
  return static_cast<int>(cores.size());
}

/// Whole CPUs of one cgroup folder's quota; 0 = none set.
int quota_of(const std::string& folder) {
  if (std::ifstream file(folder + "/cpu.max"); file) {  // version 2: "200000 100000" or "max 100000"
    std::string quota;
    double period = 0;
    if (file >> quota >> period && quota != "max" && period > 0) {
      return std::max(1, static_cast<int>(std::stod(quota) / period));
    }
    return 0;
  }
  double quota = 0;
  double period = 0;
  std::ifstream(folder + "/cpu.cfs_quota_us") >> quota;
  std::ifstream(folder + "/cpu.cfs_period_us") >> period;
  return quota > 0 && period > 0 ? std::max(1, static_cast<int>(quota / period)) : 0;
}

/// The tightest quota on the way from this process's cgroup to the root; 0 = none.
int cgroup_quota() {
  int least = 0;
  const auto note = [&](const std::string& folder) {
    const int quota = quota_of(folder);
    if (quota > 0) least = least == 0 ? quota : std::min(least, quota);
  };
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    if (!controllers.empty() && (',' + controllers + ',').find(",cpu,") == std::string::npos) continue;
    std::string root = controllers.empty() ? "/sys/fs/cgroup" : "/sys/fs/cgroup/" + controllers;
    if (!controllers.empty() && !std::ifstream(root + "/cpu.cfs_period_us")) root = "/sys/fs/cgroup/cpu";
    std::string path = line.substr(second + 1);
    while (true) {
      note(root + (path == "/" ? "" : path));
      const std::size_t slash = path.rfind('/');
      if (path.empty() || path == "/" || slash == std::string::npos) break;
      path.resize(slash);
    }
  }
  return least;
}

}  // namespace

int default_threads() try {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  if (::sched_getaffinity(0, sizeof mask, &mask) != 0) {
    return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  }
  const int cpus = CPU_COUNT(&mask);
  int threads = std::min(cpus, physical_cores(mask, cpus));
  if (const int quota = cgroup_quota(); quota > 0) threads = std::min(threads, quota);
  return std::max(threads, 1);
} catch (const std::exception&) {
  return 1;
}

}  // namespace ondol
